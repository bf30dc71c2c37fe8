import type { ServerConnection } from "./connection.ts";
import type { ServerSocket } from "./socket.ts";

/** A socket that is open. */
export interface LiveSocket {
  /** The socket. */
  readonly socket: ServerSocket;
  /** Its place in time. */
  readonly connection: ServerConnection;
}
