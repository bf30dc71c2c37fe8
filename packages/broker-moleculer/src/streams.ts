import { type Duplex, Readable } from "node:stream";
import { TidegateError } from "@tidegate/core-registry";
import type { Context, ServiceBroker } from "moleculer";

/**
 * Makes a stream that an action returned safe to hand on (S4.4, S8): `$status` and `$headers` of the context's meta lie on
 * it, it is cut with an error when a remote sender without a credit window is `limit` bytes ahead of its reader
 * (Moleculer's own remote streams have no back-pressure), and a reader that goes away ends its bookkeeping.
 */
export function incoming(
  stream: Readable,
  broker: ServiceBroker,
  context: Context | undefined,
  limit: number,
): Readable {
  const { $status, $headers } = (context?.meta ?? {}) as Record<string, unknown>;
  Object.assign(stream, $status !== undefined && { $status }, $headers !== undefined && { $headers });
  const transit = broker.transit;
  if (transit === undefined || context === undefined || !transit.pendingResStreams.has(context.id))
    return stream;
  stream.once("close", () => transit.removePendingRequest(context.id));
  if (isDuplex(stream)) bound(stream, limit);
  return stream;
}

/** Cuts a stream whose writer does not wait. */
function bound(stream: Duplex, limit: number): void {
  const write = stream.write;
  stream.write = (...given: unknown[]) => {
    const taken: boolean = Reflect.apply(write, stream, given);
    if (!stream.readableObjectMode && stream.writableLength + stream.readableLength > limit)
      stream.destroy(
        new TidegateError("SERVICE_ERROR", `The service's stream was ${limit} bytes ahead of its reader.`),
      );
    return taken;
  };
}

function isDuplex(stream: Readable): stream is Duplex {
  return stream instanceof Readable && "writableLength" in stream;
}
