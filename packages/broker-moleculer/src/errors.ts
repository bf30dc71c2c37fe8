import { type ErrorDetails, TidegateError } from "@tidegate/core-registry";
import { Errors } from "moleculer";

interface MoleculerFailure {
  readonly message: string;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly data?: unknown;
}

/**
 * What a failed call means to the gateway. Moleculer's own errors about this very action tell whether it was dispatched;
 * everything else is the service's: a code from 400 to 599 is its status (S12.5), its type its code.
 * @param called Moleculer's name of the action
 * @param action its own name, for people
 */
export function toTidegateError(cause: unknown, called: string, action: string = called): TidegateError {
  const failure = failureOf(cause);
  const own = isObject(failure.data) && failure.data.action === called ? failure.type : undefined;
  const details = (dispatched: boolean): ErrorDetails => ({ cause, dispatched });
  // Another node's, which comes with its id, is that service's failure.
  if (cause instanceof Errors.BrokerDisconnectedError && !("nodeID" in cause))
    return new TidegateError("BROKER_UNAVAILABLE", undefined, details(false));
  switch (own) {
    case "SERVICE_NOT_FOUND":
    case "SERVICE_NOT_AVAILABLE":
      return new TidegateError("ACTION_UNAVAILABLE", `No node offers ${action}.`, details(false));
    case "QUEUE_FULL":
      return new TidegateError("ACTION_UNAVAILABLE", `Too many calls of ${action} wait.`, details(false));
    case "REQUEST_REJECTED":
      return new TidegateError("ACTION_UNAVAILABLE", `The node that ran ${action} is gone.`, details(true));
    case "REQUEST_TIMEOUT":
      return new TidegateError("CALL_TIMEOUT", `${action} did not answer in time.`, details(true));
    case "REQUEST_SKIPPED":
      return new TidegateError("CALL_TIMEOUT", `There was no time left for ${action}.`, details(false));
    default:
      return serviceFailure(failure, cause);
  }
}

function serviceFailure({ message, code, type, data }: MoleculerFailure, cause: unknown): TidegateError {
  const status = typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599;
  return new TidegateError("SERVICE_ERROR", message, {
    cause,
    dispatched: true,
    ...(status && { status: code }),
    ...(typeof type === "string" && type !== "" && { serviceCode: type }),
    ...(data !== undefined && data !== null && { data }),
  });
}

function failureOf(cause: unknown): MoleculerFailure {
  if (isObject(cause))
    return { ...pick(cause), message: typeof cause.message === "string" ? cause.message : "" };
  return { message: String(cause) };
}

function pick({ code, type, data }: Record<string, unknown>): Omit<MoleculerFailure, "message"> {
  return { code, type, data };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
