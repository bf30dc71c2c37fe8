import type { Delivery, Socket } from "@tidegate/core-registry";
import { errorFrame } from "./error-frame.ts";
import { writeMessage } from "./message.ts";
import type { RouteParts } from "./parts.ts";
import { reportUnforeseen } from "./parts.ts";

/**
 * Sends events as they come (S6.1), until they end. Nothing is held back for a slow reader: the server closes it when
 * too much waits.
 * @throws {TidegateError} `SLOW_CONSUMER` where events came faster than they could be sent
 */
export async function sendEvents(
  deliveries: AsyncIterable<Delivery>,
  socket: Socket,
  parts: RouteParts,
): Promise<void> {
  for await (const delivery of deliveries) {
    const message = messageOf(delivery, parts);
    delivery.scope.end();
    // Where it cannot be sent the socket is closed, and with it this ends.
    if (message !== undefined) socket.send(message).catch(() => undefined);
  }
}

function messageOf(delivery: Delivery, parts: RouteParts): string | Uint8Array | undefined {
  try {
    if (delivery.error !== undefined) throw delivery.error;
    return writeMessage(delivery.value);
  } catch (error) {
    reportUnforeseen(parts, error);
    return parts.ignoreError ? undefined : errorFrame(error, delivery.scope);
  }
}
