/** A benchmark, as data: who does the same work, and what the work is. */
export interface Benchmark {
  /** What it is started by: `rest`. */
  readonly name: string;
  /** Each is measured by itself. */
  readonly works: readonly Work[];
  /** Who is compared. The first is ours. Each runs as a process of its own. */
  readonly contenders: readonly Contender[];
}

/** One kind of request. */
export interface Work {
  /** What it is called in tables and files: `get`. */
  readonly name: string;
  /** What is asked, again and again. */
  readonly request: PlannedRequest;
}

/** A request, and the answer that counts as right. */
export interface PlannedRequest {
  /** HTTP method. */
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Headers beside `host` and `content-length`. Default none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body. Default none. */
  readonly body?: string;
  /** The answer. Anything else is wrong. */
  readonly expected: ExpectedAnswer;
}

/** What is compared of an answer. */
export interface ExpectedAnswer {
  /** HTTP status. */
  readonly status: number;
  /** The body, byte for byte. */
  readonly body: string;
}

/** A server that takes part. */
export interface Contender {
  /** Its name in tables and files: `h3-moleculer`. */
  readonly who: string;
  /** The file of its program, which calls `contend`. */
  readonly program: string;
  /** Handed to it as its first argument, as JSON. Default: nothing. */
  readonly given?: unknown;
}

/** One figure, as it is written to a file. */
export interface Result {
  /** The work's name. */
  readonly work: string;
  /** Whose. */
  readonly who: string;
  /** How much: the median of all rounds. */
  readonly value: number;
  /** Of what. */
  readonly unit: string;
  /** Ours to theirs; 1 for ours. */
  readonly ratio: number;
}
