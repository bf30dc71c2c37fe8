import { Errors } from "moleculer";

/** The type of the error of a stream whose other end is gone. */
export const streamLost = "STREAM_LOST";

/** The type of the error of a stream whose sender breaks the protocol. */
export const streamInvalid = "STREAM_INVALID";

/** The error of a stream whose other end is gone or silent. */
export function streamLostError(message: string): Error {
  return new Errors.MoleculerError(message, 503, streamLost);
}

/** The error of a stream whose sender sent an invalid chunk or exceeded its credit. */
export function streamInvalidError(message: string): Error {
  return new Errors.MoleculerError(message, 500, streamInvalid);
}

/** The error of a request or a stream whose receiving side no longer waits for it. */
export function cancelledError(message: string, data?: object): Error {
  return new Errors.MoleculerError(message, 499, "REQUEST_CANCELLED", data);
}

/** The type of the error of a message that is larger than its limit. */
export const messageTooLarge = "MESSAGE_TOO_LARGE";

/** The type of the error of an answer that cannot be serialised. */
export const replyInvalid = "REPLY_INVALID";

/** What an error about a message says about it. */
export interface MessageFault {
  /** The action that is called, or whose answer cannot be sent. */
  readonly action?: unknown;
  /** The node that the message cannot be sent to. */
  readonly target?: unknown;
  /** Bytes of the message as it is serialised. */
  readonly bytes?: number;
  /** The most bytes that it can have. */
  readonly limit?: number;
}

/**
 * The error of a message that is not sent because it is too large. Its code is 500: the code that makes a
 * message too large is at fault, unless a client sent it.
 */
export function messageTooLargeError(what: string, fault: MessageFault): Error {
  const { bytes, limit } = fault;
  const message = `${what} was not sent. It has ${bytes} bytes; at most ${limit} can be sent.`;
  return new Errors.MoleculerError(message, 500, messageTooLarge, fault);
}

/** The error that a caller receives in place of an answer that cannot be serialised. */
export function replyInvalidError(what: string, reason: string, fault: MessageFault): Error {
  return new Errors.MoleculerError(`${what} cannot be serialised. ${reason}`, 500, replyInvalid, fault);
}
