import { Readable } from "node:stream";

/** Ends a stream that will not be sent, so that nothing waits for it. A file is not opened for it. */
export function discard(value: unknown): void {
  if (value instanceof Readable) value.destroy();
  else if (value instanceof ReadableStream) value.cancel().catch(() => undefined);
}
