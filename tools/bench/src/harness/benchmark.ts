/** A benchmark: requests, and the servers that are compared with them. */
export interface Benchmark {
  /** The name on the command line: `rest`. */
  readonly name: string;
  readonly works: readonly Work[];
  /** The servers that are compared, ours first. Each runs in its own process. */
  readonly contenders: readonly Contender[];
}

/** One kind of request of a benchmark. */
export interface Work {
  /** The name in tables and result files: `get`. */
  readonly name: string;
  /** The request, which is sent repeatedly. */
  readonly request: PlannedRequest;
}

/** A request with its expected response. */
export interface PlannedRequest {
  readonly method: string;
  readonly path: string;
  /** Headers in addition to `host` and `content-length`. Default none. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The benchmark fails with any other response. */
  readonly expected: ExpectedAnswer;
}

/** The parts of a response that are compared. */
export interface ExpectedAnswer {
  readonly status: number;
  readonly body: string;
}

/** A server that is compared with others. */
export interface Contender {
  /** The name in tables and result files: `h3-moleculer`. */
  readonly who: string;
  /** The path of the program, which calls `contend`. */
  readonly program: string;
  /** The program's first argument, as JSON. Default: none. */
  readonly given?: unknown;
}

/** A result in the JSON file. */
export interface Result {
  readonly work: string;
  readonly who: string;
  readonly value: number;
  readonly unit: string;
  /** Our value divided by the contender's value. */
  readonly ratio: number;
}
