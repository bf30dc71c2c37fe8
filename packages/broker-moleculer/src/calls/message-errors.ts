import { TidegateError } from "@tidegate/core-registry";
import { messageTooLarge, objectOrEmpty, replyInvalid } from "@tidegate/service-moleculer/wire";

/**
 * Translates an error about the size or the form of a message (S13.1); undefined for all others. The params
 * of the call itself are the client's: 413. An answer is the service's: 500.
 * @param cause an error of Moleculer, or anything else that was thrown
 * @param called Moleculer's name of the action
 * @param action the action's own name, for messages
 */
export function toMessageError(cause: unknown, called: string, action: string): TidegateError | undefined {
  const { type, data, nodeID, message } = objectOrEmpty(cause);
  const fault = objectOrEmpty(data);
  if (fault.action !== called) return undefined;
  if (type === replyInvalid)
    return new TidegateError("REPLY_INVALID", String(message), { cause, dispatched: true });
  if (type !== messageTooLarge) return undefined;
  const { bytes, limit } = fault;
  // An error with a node id comes from another node, which did not send its answer.
  if (nodeID !== undefined)
    return new TidegateError(
      "MESSAGE_TOO_LARGE",
      `The answer of ${action} has ${String(bytes)} bytes; at most ${String(limit)} can be sent.`,
      { cause, dispatched: true, status: 500 },
    );
  return new TidegateError(
    "MESSAGE_TOO_LARGE",
    `The parameters have ${String(bytes)} bytes as they are sent; the limit is ${String(limit)}.`,
    { cause, dispatched: false },
  );
}
