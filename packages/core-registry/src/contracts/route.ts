import type { Readable } from "node:stream";
import type { Header, HttpRequest, Method } from "./request.ts";
import type { Scope } from "./scope.ts";

/** One endpoint of a version: HTTP method + path, or a WebSocket path. No framework type crosses a package border. */
export type Route = HttpRoute | WebSocketRoute;

/** An HTTP endpoint. */
export interface HttpRoute {
  /** What it is. */
  readonly kind: "http";
  /** Its method. */
  readonly method: Method;
  /** Its path pattern (S4.2), without the branch's prefix. */
  readonly path: string;
  /** Answers. A throw becomes a problem (S12.5). */
  handle(request: HttpRequest, scope: Scope): Reply | Promise<Reply>;
}

/** A WebSocket endpoint. */
export interface WebSocketRoute {
  /** What it is. */
  readonly kind: "websocket";
  /** Its path pattern, without the branch's prefix. */
  readonly path: string;
  /** Names it on a branch, over versions: its claim's key. */
  readonly key: string;
  /**
   * What makes it what it is, its rules included, as text. A connection on the newest version whose route has another
   * fingerprint in the next one, or is not there, is closed with 1012 (S6.4); equal texts go on.
   */
  readonly fingerprint: string;
  /** Decides before the upgrade: take it, or answer as HTTP (S6.3). */
  accept(request: HttpRequest, scope: Scope): Accept | Reply | Promise<Accept | Reply>;
  /**
   * Has the socket until it returns; then the socket is closed with 1000, or as the error's code says. The scope is the
   * one that `accept` was given: its context, signal and memo are the socket's.
   */
  open(socket: Socket, scope: Scope, connection: Connection): Promise<void>;
}

/** What a socket's route may ask of the connection's place in time (S6.4). */
export interface Connection {
  /** The newest route of the same key, where the connection is on the newest version and it still is there; else the one it began with. */
  route(): WebSocketRoute;
  /** A scope for one request of the connection, on the version of `route()`. Who asks ends it. */
  scope(): Scope;
  /** Calls back after each swap of the branch, where the connection is on the newest version. Returns what ends it. */
  onSwap(listener: () => void): () => void;
}

/** The upgrade is taken. */
export interface Accept {
  /** Marks it as no reply. */
  readonly accept: true;
  /** The subprotocol to speak, one of those that the client offered. */
  readonly protocol?: string;
  /** Headers of the 101. */
  readonly headers?: readonly Header[];
}

/** An answer. */
export interface Reply {
  /** 200 to 599. */
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: readonly Header[];
  /** Text, bytes, a stream, or nothing. */
  readonly body: string | Uint8Array | Readable | null;
}

/** An open WebSocket. */
export interface Socket {
  /** The subprotocol that was agreed on, or empty. */
  readonly protocol: string;
  /** Messages in order; the next one is read when the one before was taken. Ends with the socket. */
  readonly messages: AsyncIterable<string | Uint8Array>;
  /** Sends; resolves when the socket can take more. Rejects when it is closed. */
  send(message: string | Uint8Array): Promise<void>;
  /** Asks whether the other end lives. */
  ping(): void;
  /** Closes; the reason is cut to 123 bytes. */
  close(code: number, reason: string): void;
  /** Fires when it is closed, with the code. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}
