import { type ErrorDetails, TidegateError } from "../errors.ts";

/**
 * The entries of a batch's answer, in the order of its keys; an entry that says that it failed becomes an error (S5.4).
 * @throws {TidegateError} `REPLY_INVALID` where the answer is no list, or has not one entry for each key
 */
export function batchAnswers(answer: unknown, entries: number, action: string): unknown[] {
  if (Array.isArray(answer) && answer.length === entries)
    return answer.map((entry: unknown) => failure(entry, action) ?? entry);
  throw new TidegateError(
    "REPLY_INVALID",
    `${action} was called with a batch of ${entries} and has to answer a list of ${entries}, but it answered ${kindOf(answer)}.`,
  );
}

function kindOf(answer: unknown): string {
  if (Array.isArray(answer)) return `a list of ${answer.length}`;
  if (answer === null || answer === undefined) return "nothing";
  return typeof answer === "object" ? "an object" : `a ${typeof answer}`;
}

// It is the service's own word that this is an error, so it becomes what a thrown one becomes.
function failure(entry: unknown, action: string): TidegateError | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { isBatchError, batchingError, message, code, type, data } = entry as Readonly<
    Record<string, unknown>
  >;
  if (isBatchError !== true && batchingError !== true) return undefined;
  const said = typeof message === "string" && message !== "" ? message : `${action} failed for this entry.`;
  return new TidegateError("SERVICE_ERROR", said, {
    cause: entry,
    ...statusOf(code),
    ...serviceCodeOf(type ?? code),
    ...(data === undefined ? {} : { data }),
  });
}

function statusOf(code: unknown): Pick<ErrorDetails, "status"> {
  const fits = typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599;
  return fits ? { status: code } : {};
}

function serviceCodeOf(code: unknown): Pick<ErrorDetails, "serviceCode"> {
  return typeof code === "string" && code !== "" ? { serviceCode: code } : {};
}
