import { type ErrorDetails, TidegateError } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import { sendableData, streamInvalid, streamLost } from "@tidegate/service-moleculer/wire";
import { Errors } from "moleculer";
import { toMessageError } from "./message-errors.ts";

/** The members of an error of Moleculer, or of anything else that an action threw. */
interface Failure {
  readonly name?: unknown;
  readonly message: string;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly data?: unknown;
}

/**
 * Moleculer's own errors, by their names, with their types. About another action than the called one, they
 * say that a service which the called one needs is not there, or too late (S12.5).
 */
const errorsOfMoleculer: ReadonlyMap<unknown, string> = new Map([
  ["ServiceNotFoundError", "SERVICE_NOT_FOUND"],
  ["ServiceNotAvailableError", "SERVICE_NOT_AVAILABLE"],
  ["RequestRejectedError", "REQUEST_REJECTED"],
  ["QueueIsFullError", "QUEUE_FULL"],
  ["MaxCallLevelError", "MAX_CALL_LEVEL"],
  ["BrokerDisconnectedError", "BAD_GATEWAY"],
  ["RequestTimeoutError", "REQUEST_TIMEOUT"],
  ["RequestSkippedError", "REQUEST_SKIPPED"],
]);
const timeouts: ReadonlySet<unknown> = new Set(["REQUEST_TIMEOUT", "REQUEST_SKIPPED"]);

/**
 * Translates the error of a failed call. Moleculer's own errors about the called action show whether the
 * action was dispatched; those about another action become `DEPENDENCY_UNAVAILABLE` or `CALL_TIMEOUT`,
 * without its name and node. All other errors are the service's: a code from 400 to 599 is its status
 * (S12.5), its type is its code.
 * @param called Moleculer's name of the action
 * @param action the action's own name, for messages
 */
export function toTidegateError(cause: unknown, called: string, action: string = called): TidegateError {
  const failure = readFailure(cause);
  const details = (dispatched: boolean): ErrorDetails => ({ action, cause, dispatched });
  // An error with a node id comes from another node, whose own broker is disconnected: a failure of the
  // service.
  if (cause instanceof Errors.BrokerDisconnectedError && !("nodeID" in cause))
    return new TidegateError("BROKER_UNAVAILABLE", undefined, details(false));
  const messageError = toMessageError(cause, called, action);
  if (messageError !== undefined) return messageError;
  const isAboutAction = isObject(failure.data) && failure.data.action === called;
  switch (isAboutAction ? failure.type : undefined) {
    case "SERVICE_NOT_FOUND":
    case "SERVICE_NOT_AVAILABLE":
      return new TidegateError("ACTION_UNAVAILABLE", `No node provides ${action}.`, details(false));
    case "QUEUE_FULL":
      return new TidegateError("ACTION_UNAVAILABLE", `Too many calls of ${action} wait.`, details(false));
    case "REQUEST_REJECTED":
      return new TidegateError("ACTION_UNAVAILABLE", `The node that ran ${action} is gone.`, details(true));
    case "REQUEST_TIMEOUT":
      return new TidegateError("CALL_TIMEOUT", `${action} did not answer in time.`, details(true));
    case "REQUEST_SKIPPED":
      return new TidegateError("CALL_TIMEOUT", `No time was left to call ${action}.`, details(false));
    default:
      return isOfDependency(failure, called)
        ? dependencyError(failure, action, cause)
        : serviceError(failure, action, cause);
  }
}

/** Whether Moleculer itself made an error about another action than the called one. */
function isOfDependency({ name, type, data }: Failure, called: string): boolean {
  if (type !== undefined && errorsOfMoleculer.get(name) === type) return true;
  const faults = validationFaults(name, data);
  return faults?.some((fault) => fault.action !== called) === true;
}

function dependencyError({ type }: Failure, action: string, cause: unknown): TidegateError {
  const details: ErrorDetails = { action, cause, dispatched: true };
  return timeouts.has(type)
    ? new TidegateError("CALL_TIMEOUT", `A service that ${action} needs did not answer in time.`, details)
    : new TidegateError(
        "DEPENDENCY_UNAVAILABLE",
        `A service that ${action} needs is not available, or refused the call.`,
        details,
      );
}

/**
 * The faults that Moleculer's validator found in params, each with the node and the action or event that it
 * validated; undefined for every other error, such as a ValidationError that a service made itself.
 */
function validationFaults(name: unknown, data: unknown): readonly Record<string, unknown>[] | undefined {
  if (name !== "ValidationError" || !Array.isArray(data) || data.length === 0) return undefined;
  const faults = data.filter(isObject);
  const isValidators = faults.every((fault) => "nodeID" in fault && ("action" in fault || "event" in fault));
  return isValidators && faults.length === data.length ? faults : undefined;
}

/**
 * Translates the error that ended a stream between nodes: the other end is gone, or broke the protocol. All
 * other errors stay as they are.
 */
export function toStreamError(error: Error): Error {
  switch (readFailure(error).type) {
    case streamLost:
      return new TidegateError("ACTION_UNAVAILABLE", error.message, { cause: error, dispatched: true });
    case streamInvalid:
      return new TidegateError("SERVICE_ERROR", error.message, { cause: error });
    default:
      return error;
  }
}

function serviceError(
  { name, message, code, type, data: given }: Failure,
  action: string,
  cause: unknown,
): TidegateError {
  const faults = validationFaults(name, given)?.map(({ nodeID: _, action: __, ...fault }) => fault) ?? given;
  // An error of a local service has what JSON cannot express; of a remote one, such members did not arrive.
  const data = faults === undefined || faults === null ? undefined : sendableData(faults);
  const isStatus = typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599;
  return new TidegateError("SERVICE_ERROR", message, {
    action,
    cause,
    dispatched: true,
    ...(isStatus && { status: code }),
    ...(typeof type === "string" && type !== "" && { serviceCode: type }),
    ...(data !== undefined && { data }),
  });
}

function readFailure(cause: unknown): Failure {
  if (!isObject(cause)) return { message: String(cause) };
  const { name, message, code, type, data } = cause;
  return { name, message: typeof message === "string" ? message : "", code, type, data };
}
