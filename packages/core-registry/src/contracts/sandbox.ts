/**
 * Runs the functions of fragments (S11): texts of synchronous JavaScript functions from untrusted sources.
 */
export interface Sandbox {
  readonly contract: 2;
  /** Parses a text and analyses it without running it. Never throws. */
  check(source: string): FunctionCheck;
  /**
   * Compiles a checked text.
   * @throws {TidegateError} `FUNCTION_SYNTAX` where `check` found an error
   */
  compile(source: string, options: CompileFunctionOptions): SandboxFunction;
  /** Starts a process, so that the first call does not wait for it. */
  start(): Promise<void>;
  /** Ends all processes; running calls fail. Idempotent. */
  stop(): Promise<void>;
}

/** The analysis of a function's text. */
export interface FunctionCheck {
  /** Whether the text has no error and can be compiled. */
  readonly ok: boolean;
  /** Syntax errors, and warnings about unknown global names and a second parameter. */
  readonly problems: readonly FunctionProblem[];
  /**
   * The properties of the first argument that the function reads, as paths: `[["context", "auth", "scope"]]`.
   * `all` where the analysis cannot tell.
   */
  readonly reads: readonly (readonly string[])[] | "all";
  /** True: the function never returns a promise. False: it can return one. */
  readonly sync: boolean;
  /** True: the function reads the time or random numbers, so its results cannot be cached. */
  readonly volatile: boolean;
  /**
   * Locates a path of `reads`, or the begin of one, at the first place where the text names it. Returns
   * undefined where the text gives the member a value itself, or names it of a value that can be another one.
   * Default: no path is located, and the gateway does not warn about members that the function never gets
   * (S1.7).
   */
  locate?(path: readonly string[]): SourceLocation | undefined;
}

/** A place in a function's text, with the lines around it. */
export type SourceLocation = Pick<FunctionProblem, "line" | "column" | "frame">;

/** One problem of a function's text. */
export interface FunctionProblem {
  readonly severity: "error" | "warning";
  /**
   * One of `FUNCTION_SYNTAX`, `FUNCTION_NOT_A_FUNCTION`, `FUNCTION_ASYNC`, `FUNCTION_FREE_NAME` and
   * `FUNCTION_PARAMETERS`.
   */
  readonly code: string;
  readonly message: string;
  /** States what the developer can do. */
  readonly hint?: string;
  /** From 1, in the original text. */
  readonly line: number;
  /** The column in the function's source, from 1. */
  readonly column: number;
  /** The lines around the problem, with a mark below it. */
  readonly frame: string;
}

/** The options of compiling a function. */
export interface CompileFunctionOptions {
  /** The name in errors and traces, such as `player protocol.REST.routes[2].map`. */
  readonly label: string;
  /**
   * The service that owns the function. A service whose functions break limits gets a process of its own
   * (S11.2).
   */
  readonly service: string;
  console(message: Omit<ConsoleMessage, "jsonPath">): void;
  /** Called when the function exceeded a limit, and when it was disabled for that (S11.2). */
  onLimitExceeded(error: Error): void;
}

/** A function of a fragment, compiled and ready to be called. */
export interface SandboxFunction {
  /**
   * Calls the function with one argument of plain data. Returns a promise only where the result is not
   * available at once.
   * @throws {TidegateError} `FUNCTION_THREW`, `FUNCTION_TIMEOUT`, `FUNCTION_MEMORY`, `FUNCTION_RESULT`,
   * `FUNCTION_OFF`; `DEPENDENCY_UNAVAILABLE` where no process can run the function
   */
  call(argument: unknown): unknown;
  /** True: `call` never returns a promise. */
  readonly sync: boolean;
  /** The same paths as in the function's `FunctionCheck`. */
  readonly reads: FunctionCheck["reads"];
  /** Whether the function runs in the process's own context or in an isolate. */
  readonly tier: "native" | "isolate";
  /** Why the function does not run in the fastest tier. */
  readonly reason?: string;
}

/** One console message of a function (S10.1). */
export interface ConsoleMessage {
  readonly level: "debug" | "log" | "info" | "warn" | "error";
  /** The JSON path of the function. */
  readonly jsonPath: string;
  /** The message, with secrets redacted and truncated to the limit. */
  readonly text: string;
}
