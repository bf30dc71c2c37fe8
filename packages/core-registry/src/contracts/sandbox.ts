/** Runs inline functions (S11): texts of synchronous JavaScript functions, from outside, without trust. */
export interface Sandbox {
  /** The contract's number. */
  readonly contract: 1;
  /** Parses a text and says what can be known of it without running it. Never throws. */
  check(source: string): FunctionCheck;
  /**
   * Makes a checked text callable. Does no work that could fail for the text's sake but what `check` said.
   * @throws {TidegateError} `FUNCTION_SYNTAX` where `check` found an error.
   */
  compile(source: string, options: CompileFunctionOptions): SandboxFunction;
  /** Gets ready: a warm process stands by. */
  start(): Promise<void>;
  /** Ends its processes; calls that still run fail. Idempotent. */
  stop(): Promise<void>;
}

/** What is known of a function's text. */
export interface FunctionCheck {
  /** No problem is an error: it can be compiled. */
  readonly ok: boolean;
  /** Syntax errors; names that the sandbox lacks (warnings); a second parameter (warning). */
  readonly problems: readonly FunctionProblem[];
  /**
   * Which properties of its first argument it reads, as paths: `[["context", "auth", "scope"]]`, to the depth that is sure.
   * `all` where that cannot be told.
   */
  readonly reads: readonly (readonly string[])[] | "all";
  /** True where it surely ends with a value, not a promise. */
  readonly sync: boolean;
  /** True where it reads the time or randomness: its results hold for no other call. */
  readonly volatile: boolean;
}

/** One problem in a function's text. */
export interface FunctionProblem {
  /** An error refuses it. */
  readonly severity: "error" | "warning";
  /** `FUNCTION_SYNTAX`, `FUNCTION_NOT_A_FUNCTION`, `FUNCTION_ASYNC`, `FUNCTION_FREE_NAME`, `FUNCTION_PARAMETERS`. */
  readonly code: string;
  /** What is wrong. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** From 1, in the text as it was written. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The lines around, with a mark under the place. */
  readonly frame: string;
}

/** How a function is to be compiled. */
export interface CompileFunctionOptions {
  /** For errors and traces: `player protocol.REST.routes[2].map`. */
  readonly label: string;
  /** The service that it belongs to: what misbehaves is moved out by service (S11.2). */
  readonly service: string;
  /** Takes what it writes to its console. */
  console(message: Omit<ConsoleMessage, "jsonPath">): void;
  /** Told when it broke a limit, and when it was switched off for that (S11.2). */
  onLimitExceeded(error: Error): void;
}

/** A function, callable. */
export interface SandboxFunction {
  /**
   * Runs it with one argument, which is data. A value where it could be had at once, else a promise: await only what is one.
   * @throws {TidegateError} `FUNCTION_THREW`, `FUNCTION_TIMEOUT`, `FUNCTION_MEMORY`, `FUNCTION_RESULT`, `FUNCTION_OFF`;
   * `DEPENDENCY_UNAVAILABLE` where no process can run it now.
   */
  call(argument: unknown): unknown;
  /** True where `call` never returns a promise. */
  readonly sync: boolean;
  /** As `check` found. */
  readonly reads: FunctionCheck["reads"];
  /** Where it runs. */
  readonly tier: "native" | "isolate";
  /** Why there, where it is not the fastest place. */
  readonly reason?: string;
}

/** One line that a function wrote (S10.1). */
export interface ConsoleMessage {
  /** Which of console's functions. */
  readonly level: "debug" | "log" | "info" | "warn" | "error";
  /** Which function: a JSON path. */
  readonly jsonPath: string;
  /** What it wrote, redacted and cut. */
  readonly text: string;
}
