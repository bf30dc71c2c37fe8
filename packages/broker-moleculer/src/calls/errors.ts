import { type ErrorDetails, TidegateError } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import { sendableData, streamInvalid, streamLost } from "@tidegate/service-moleculer/wire";
import { Errors } from "moleculer";
import { toMessageError } from "./message-errors.ts";

/** The members of an error of Moleculer, or of anything else that an action threw. */
interface Failure {
  readonly message: string;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly data?: unknown;
}

/**
 * Translates the error of a failed call. Moleculer's own errors about the called action show whether the
 * action was dispatched. All other errors are the service's: a code from 400 to 599 is its status (S12.5),
 * its type is its code.
 * @param called Moleculer's name of the action
 * @param action the action's own name, for messages
 */
export function toTidegateError(cause: unknown, called: string, action: string = called): TidegateError {
  const failure = readFailure(cause);
  const details = (dispatched: boolean): ErrorDetails => ({ cause, dispatched });
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
      return serviceError(failure, cause);
  }
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

function serviceError({ message, code, type, data: given }: Failure, cause: unknown): TidegateError {
  // An error of a local service has what JSON cannot express; of a remote one, such members did not arrive.
  const data = given === undefined || given === null ? undefined : sendableData(given);
  const isStatus = typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599;
  return new TidegateError("SERVICE_ERROR", message, {
    cause,
    dispatched: true,
    ...(isStatus && { status: code }),
    ...(typeof type === "string" && type !== "" && { serviceCode: type }),
    ...(data !== undefined && { data }),
  });
}

function readFailure(cause: unknown): Failure {
  if (!isObject(cause)) return { message: String(cause) };
  const { message, code, type, data } = cause;
  return { message: typeof message === "string" ? message : "", code, type, data };
}
