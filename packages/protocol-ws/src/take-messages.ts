import { type Connection, type Socket, type Sources, TidegateError } from "@tidegate/core-registry";
import { errorFrame } from "./error-frame.ts";
import { readMessage } from "./message.ts";
import { type RouteParts, reportUnforeseen } from "./parts.ts";

/** A socket and what it was opened with. */
export interface Talk {
  /** The socket. */
  readonly socket: Socket;
  /** Its place in time. */
  readonly connection: Connection;
  /** `path` and `query` of the upgrade. */
  readonly sources: Sources;
  /** What the route is made of now (S6.4). */
  newest(): RouteParts;
}

/** Publishes a socket's messages one by one, in their order (S6.1), until the socket ends. Never rejects. */
export async function takeMessages(talk: Talk): Promise<void> {
  for await (const message of talk.socket.messages) {
    const problem = await take(talk, message);
    // Who sends faulty messages and does not read what is wrong with them is not read either.
    if (problem !== undefined) await talk.socket.send(problem).catch(() => undefined);
  }
}

/** Publishes one message. Returns what the client is told where that failed. */
async function take(
  { connection, sources, newest }: Talk,
  message: string | Uint8Array,
): Promise<string | undefined> {
  const parts = newest();
  const scope = connection.scope();
  try {
    if (parts.publish === undefined)
      throw new TidegateError("BAD_REQUEST", "This socket only sends: it takes no messages.");
    await parts.publish.run(scope, { ...sources, message: readMessage(message) });
    return undefined;
  } catch (error) {
    reportUnforeseen(parts, error);
    return parts.ignoreError ? undefined : errorFrame(error, scope);
  } finally {
    scope.end();
  }
}
