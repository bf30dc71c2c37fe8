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
