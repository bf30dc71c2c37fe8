import type { TidegateError } from "@tidegate/core-registry";
import { objectOrEmpty } from "@tidegate/service-moleculer/wire";
import type { Context } from "moleculer";

/**
 * Whether a failed call can be sent to another node (S13.1): it was not dispatched; or its node is gone and
 * the action says that it is idempotent. A call whose answer has begun does not fail in this way, so no byte
 * of an answer was sent to the client.
 * @param context of the attempt that failed; undefined if Moleculer created none
 */
export function canRetry({ code, details }: TidegateError, context: Context | undefined): boolean {
  if (code !== "ACTION_UNAVAILABLE") return false;
  return details.dispatched === false || isIdempotent(context?.action);
}

/** Whether the definition of an action says that it can run twice: `tidegate: { idempotent: true }`. */
export function isIdempotent(action: unknown): boolean {
  return objectOrEmpty(objectOrEmpty(action).tidegate).idempotent === true;
}
