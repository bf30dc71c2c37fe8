import type { Readable } from "node:stream";
import type { ConnectorDescription } from "./connector.ts";
import type { Header, HttpRequest, Method } from "./request.ts";
import type { Scope } from "./scope.ts";

/** One endpoint of a version: an HTTP method and path, or a WebSocket path. */
export type Route = HttpRoute | WebSocketRoute;

/**
 * Keys of claims of the same protocol, all of which are needed; of an array inside, any one of its keys
 * (S5.8).
 */
export type Needs = readonly (string | readonly string[])[];

/** Describes an endpoint as its protocol compiled it. Plain data. */
export interface EndpointInfo {
  /** The place of the endpoint in the fragment, such as `protocol.REST.routes[0]`. */
  readonly jsonPath: string;
  /** The developer's description of the endpoint, in Markdown. */
  readonly description?: string;
  readonly deprecated?: boolean;
  /** The descriptions of the endpoint's connectors. Default none. */
  readonly connectors?: readonly ConnectorDescription[];
  /** The group in which a catalog lists the endpoint. Default: the service. */
  readonly group?: EndpointGroup;
  /**
   * The endpoint's behaviour as text: endpoints with equal texts behave equally. Where it is a JSON object, a
   * difference names the members that changed. Default: the fingerprint of the whole part.
   */
  readonly fingerprint?: string;
}

/** A group of endpoints in a catalog. */
export interface EndpointGroup {
  readonly name: string;
  readonly description?: string;
}

/** A route that answers HTTP requests of one method and path. */
export interface HttpRoute {
  readonly kind: "http";
  readonly method: Method;
  /** The path pattern (S4.2), without the branch's prefix. */
  readonly path: string;
  /** Describes the route in catalogs, reports and differences. Absent: the route is not listed there. */
  readonly endpoint?: EndpointInfo;
  /** Lists a route without `endpoint` on `/~status` (S9.9), in one sentence. Default: it is not listed. */
  readonly summary?: string;
  /**
   * Keys of claims without which the route is not served (S5.8). An array inside needs any one of its keys.
   */
  readonly needs?: Needs;
  /** Handles a request. An error becomes a problem document (S12.5). */
  handle(request: HttpRequest, scope: Scope): Reply | Promise<Reply>;
}

/** A route that accepts WebSocket connections on one path. */
export interface WebSocketRoute {
  readonly kind: "websocket";
  /** The path pattern, without the branch's prefix. */
  readonly path: string;
  /** Describes the route in catalogs, reports and differences. Absent: the route is not listed there. */
  readonly endpoint?: EndpointInfo;
  /** Lists a route without `endpoint` on `/~status` (S9.9), in one sentence. Default: it is not listed. */
  readonly summary?: string;
  /**
   * Keys of claims without which the route is not served (S5.8). An array inside needs any one of its keys.
   */
  readonly needs?: Needs;
  /**
   * The route's behaviour as text, including its rules. When a new version removes the route or changes its
   * fingerprint, connections on the newest version are closed with 1012 (S6.4); otherwise they continue.
   * Default: the endpoint's fingerprint, with the rules of its connectors.
   */
  readonly fingerprint?: string;
  /** Decides before the upgrade: accepts it, or answers with an HTTP response (S6.3). */
  accept(request: HttpRequest, scope: Scope): Accept | Reply | Promise<Accept | Reply>;
  /**
   * Serves the socket. When it returns, the socket is closed with 1000; when it throws, with the error's
   * close code.
   * @param scope the scope that `accept` received; its context, signal and memo belong to the socket
   */
  open(socket: Socket, scope: Scope, connection: Connection): Promise<void>;
}

/** A connection's access to the newest version of its route (S6.4). */
export interface Connection {
  /**
   * Returns the newest route with the same key. Returns the connection's first route where the connection
   * addresses a tag, or where the newest version has no such route.
   */
  route(): WebSocketRoute;
  /**
   * Creates the scope of one request of the connection, on the version of `route()`. The caller calls its
   * `end`.
   */
  scope(): Scope;
  /**
   * Calls the listener after each swap of the branch's newest version, unless the connection addresses a tag.
   * @returns a function that removes the listener
   */
  onSwap(listener: () => void): () => void;
}

/** The reply of a WebSocket route that accepts the upgrade. */
export interface Accept {
  /** Distinguishes an `Accept` from a `Reply`. */
  readonly accept: true;
  /** The chosen subprotocol, one of those that the client offered. */
  readonly protocol?: string;
  /** Headers that the 101 response carries besides those of the handshake. */
  readonly headers?: readonly Header[];
}

/** The HTTP response with which a route answers. */
export interface Reply {
  /** The HTTP status, from 200 to 599. */
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: string | Uint8Array | Readable | null;
}

/** An open WebSocket, as a route reads and writes it. */
export interface Socket {
  /** The agreed subprotocol; empty where there is none. */
  readonly protocol: string;
  /**
   * The received messages in order. The socket is read only as fast as they are consumed. Ends with the
   * socket. A route that expects no messages reads them too: while some wait, the server does not see the
   * client close the socket.
   */
  readonly messages: AsyncIterable<string | Uint8Array>;
  /** Sends a message. Resolves when the socket can take more; rejects when it is closed. */
  send(message: string | Uint8Array): Promise<void>;
  ping(): void;
  /** Closes the socket. The reason is truncated to 123 bytes. */
  close(code: number, reason: string): void;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}
