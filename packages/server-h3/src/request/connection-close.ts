import type { Socket } from "node:net";

/** What has to be called when a connection closes. Each request on it adds at most a few listeners. */
const listeners = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls the listener once when a connection closes. All requests of a connection share one listener of
 * Node's.
 * @returns a function that removes the listener
 */
export function onConnectionClose(socket: Socket, listener: () => void): () => void {
  const known = listeners.get(socket) ?? observe(socket);
  known.add(listener);
  return () => void known.delete(listener);
}

function observe(socket: Socket): Set<() => void> {
  const added = new Set<() => void>();
  listeners.set(socket, added);
  socket.once("close", () => {
    for (const listener of [...added]) listener();
  });
  return added;
}
