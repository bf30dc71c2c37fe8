import { type ErrorDetails, TidegateError } from "../../contracts/errors.ts";

/** Why a sandbox cannot pass an argument to a function. */
export interface ArgumentProblem {
  /**
   * The keys from the argument to the part that cannot be passed, such as `response`. Empty: only the parts
   * together are too large.
   */
  readonly path: readonly string[];
  /** What is wrong with that part, after its name: `is nested deeper than 500 levels`. */
  readonly reason: string;
}

/**
 * The error of a sandbox for an argument that it cannot pass to a function: too large, too deep, or no data.
 * The function has not run, so this is no fault of it (S11.2).
 */
export class ArgumentError extends TidegateError {
  readonly problem: ArgumentProblem;

  constructor(
    code: "FUNCTION_MEMORY" | "FUNCTION_THREW",
    problem: ArgumentProblem,
    details: ErrorDetails = {},
  ) {
    const part = problem.path.length === 0 ? "" : `, \`${problem.path.join(".")}\`,`;
    super(code, `The argument of a function${part} ${problem.reason}`, details);
    this.problem = problem;
  }
}

/** The parts of an argument that services send: the answer of an action, the payload of an event. */
const partsOfServices: ReadonlySet<string> = new Set(["response", "source"]);
/** The parts that clients send, or that are made of these. */
const partsOfClients: ReadonlySet<string> = new Set(["path", "query", "body", "args", "message", "params"]);

/**
 * Blames the sender of the part of an argument that was refused (S11.2): for a service the error becomes
 * `REPLY_INVALID`, for a client `BODY_TOO_LARGE`. Any other error is returned as it is.
 */
export function blameSender(error: unknown): unknown {
  if (!(error instanceof ArgumentError)) return error;
  const { path, reason } = error.problem;
  // The sources of a `call` are below `request`.
  const part = path[0] === "request" ? path[1] : path[0];
  if (part === undefined) return error;
  const message = `\`${part}\` cannot be passed to a function of the API: it ${reason}.`;
  if (partsOfServices.has(part)) return new TidegateError("REPLY_INVALID", message, { cause: error });
  return partsOfClients.has(part) ? new TidegateError("BODY_TOO_LARGE", message, { cause: error }) : error;
}
