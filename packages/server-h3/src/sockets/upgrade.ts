import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type Accept,
  errorMeaning,
  publicError,
  type Reply,
  type Scope,
  TidegateError,
} from "@tidegate/core-registry";
import { findServed } from "../access.ts";
import { tokenExpiry } from "../context/auth.ts";
import { type FindReply, runMiddleware } from "../middleware/run.ts";
import type { WebSocketSettings } from "../options.ts";
import { gatewayHealth } from "../pages.ts";
import { asTidegateError, logFailure } from "../reply/failure.ts";
import { problemReply } from "../reply/problem.ts";
import { writeToConnection } from "../reply/write.ts";
import { ServerRequest } from "../request/request.ts";
import { startingError } from "../router.ts";
import { makeScope, notServedError, recompileEvicted, type ServerParts } from "../served.ts";
import { readTarget, type Target } from "../target.ts";
import { createConnection, type SocketTarget } from "./connection.ts";
import { type CompleteHandshake, checkHandshake, checkOrigin, createHandshakes } from "./handshake.ts";
import { OpenSockets, runAt } from "./open-sockets.ts";
import { ServerSocket } from "./socket.ts";

/** An upgrade request on its connection. */
interface Upgrade {
  readonly request: ServerRequest;
  readonly connection: Duplex;
  /** What the client sent after the head of the request. */
  readonly head: Buffer;
}

/** An upgrade that its route has accepted. */
interface Accepted {
  readonly accept: Accept;
  readonly target: SocketTarget;
  readonly scope: Scope;
  /** When the client's token expires, in milliseconds since the epoch; undefined where it does not matter. */
  readonly expiresAt: number | undefined;
  readonly clientGone: ClientGone;
}

/**
 * Handles the upgrades of one server, and keeps its open sockets. An upgrade takes the same steps as an HTTP
 * request (dispatch.ts) until its route accepts it; then the handshake is completed, and the route gets the
 * socket.
 */
export class Upgrades {
  readonly #parts: ServerParts;
  readonly #settings: WebSocketSettings;
  readonly #completeHandshake: CompleteHandshake;
  readonly #openSockets: OpenSockets;
  /** Number of upgrades that are not decided yet. */
  #pending = 0;

  constructor(parts: ServerParts, settings: WebSocketSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.#completeHandshake = createHandshakes(settings.maxPayload);
    this.#openSockets = new OpenSockets(parts.api, settings, parts.clock);
  }

  /** Opens a socket, or refuses the upgrade with an HTTP reply (S6.3). Never throws. */
  handle(incoming: IncomingMessage, connection: Duplex, head: Buffer): void {
    connection.on("error", () => connection.destroy());
    const request = new ServerRequest(incoming, connection, this.#parts.limits);
    this.#pending += 1;
    this.#open({ request, connection, head })
      .catch((error: unknown) => refuse(this.#parts, request, error))
      .finally(() => {
        this.#pending -= 1;
      });
  }

  /** Closes all sockets with 1001, and waits for them at most `drainMs` milliseconds. */
  stop(drainMs: number): Promise<void> {
    return this.#openSockets.stop(drainMs);
  }

  async #open(upgrade: Upgrade): Promise<void> {
    const { request } = upgrade;
    const { middleware, selector } = this.#parts;
    let accepted: Accepted | undefined;
    const findReply: FindReply = async (target) => {
      const decision = await this.#decide(upgrade, target);
      if (!("clientGone" in decision)) return decision;
      accepted = decision;
      return { status: 101, headers: decision.accept.headers ?? [], body: null };
    };
    const reply =
      middleware === undefined
        ? await findReply(readTarget(request, selector))
        : await runMiddleware(this.#parts, middleware, request, true, findReply);
    if (accepted !== undefined && reply.status === 101) {
      this.#complete(upgrade, { ...accepted, accept: { ...accepted.accept, headers: reply.headers } });
      return;
    }
    writeToConnection(request, reply);
    request.scope?.end();
  }

  /** Finds the route of an upgrade, and lets it decide. */
  async #decide({ request, connection }: Upgrade, target: Target): Promise<Accepted | Reply> {
    this.#checkCapacity();
    checkHandshake(request);
    checkOrigin(request, this.#settings.origins);
    const found = await findRoute(this.#parts, request, target);
    const clientGone = createClientGone();
    connection.once("close", clientGone.notify);
    const scope = makeScope(this.#parts, request, found.branch, found.served, clientGone.onClientGone);
    request.scope = scope;
    const accept = await found.route.accept(request, scope);
    if (!isAccept(accept)) return accept;
    const expiresAt = this.#settings.onExpire === "close" ? await tokenExpiry(request, scope) : undefined;
    return { accept, target: found, scope, expiresAt, clientGone };
  }

  /** Completes the handshake of an accepted upgrade, and runs its route. */
  #complete(upgrade: Upgrade, { accept, target, scope, expiresAt, clientGone }: Accepted): void {
    this.#checkCapacity();
    const socket = this.#openSocket(upgrade, accept);
    if (socket === undefined) {
      scope.end();
      return;
    }
    if (expiresAt !== undefined) this.#closeAtExpiry(socket, expiresAt);
    void socket.closed.then(clientGone.notify);
    this.#runRoute(upgrade.request, socket, target, scope);
  }

  #checkCapacity(): void {
    const isFull = this.#openSockets.size + this.#pending > this.#settings.maxSockets;
    if (!isFull && !this.#parts.status.draining) return;
    const message = isFull ? "Too many open WebSockets." : "The gateway is shutting down.";
    throw new TidegateError("DEPENDENCY_UNAVAILABLE", `${message} Try again later.`, {
      exposed: true,
      retryAfter: 5,
    });
  }

  /** Completes the handshake; undefined where the client has disconnected. */
  #openSocket({ request, connection, head }: Upgrade, accept: Accept): ServerSocket | undefined {
    const ws = connection.destroyed ? undefined : this.#completeHandshake(request, connection, head, accept);
    const { maxBufferedBytes } = this.#settings;
    return ws && new ServerSocket(ws, { maxBufferedBytes, clock: this.#parts.clock });
  }

  #closeAtExpiry(socket: ServerSocket, expiresAt: number): void {
    const { close, title } = errorMeaning("TOKEN_EXPIRED");
    void socket.closed.then(runAt(expiresAt, this.#parts.clock, () => socket.close(close, title)));
  }

  #runRoute(request: ServerRequest, socket: ServerSocket, target: SocketTarget, scope: Scope): void {
    const { api, socketRouterOf } = this.#parts;
    const connection = createConnection({ ...target, api, socketRouterOf, scope });
    const run = (): Promise<void> => target.route.open(socket, scope, connection);
    this.#openSockets.add({ socket, connection }, runUntilClosed(this.#parts, request, socket, run));
  }
}

/** Finds branch, version and route of an upgrade as for an HTTP request: steps 3 and 4 of dispatch.ts. */
async function findRoute(parts: ServerParts, request: ServerRequest, target: Target): Promise<SocketTarget> {
  const found = await findServed(parts, request, target);
  const served = target.isPage ? found : await recompileEvicted(request, found);
  if (served.version === undefined) throw notServedError(served, target);
  const match = target.isPage ? undefined : parts.socketRouterOf(served.version).find(request.path);
  if (match === undefined) {
    if (gatewayHealth(parts).state === "starting") throw startingError();
    throw new TidegateError("NOT_FOUND", "No WebSocket route matches this path.");
  }
  request.params = match.params;
  request.route = match.route;
  request.version = served.version;
  return { branch: target.branch, isPinned: target.tag !== undefined, served, route: match.route };
}

/** Runs the route of an open socket, then closes the socket with 1000 or with the close code of the error. */
async function runUntilClosed(
  parts: ServerParts,
  request: ServerRequest,
  socket: ServerSocket,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
    socket.close(1000, "");
  } catch (thrown) {
    const error = asTidegateError(thrown);
    // Once the socket is closed, an expected error of the route is a consequence and not logged.
    if (!socket.isClosed || error.code === "INTERNAL") logFailure(parts.failures, request, error);
    const { close, message } = publicError(error, parts.problems.exposeErrors);
    socket.close(close, message);
  } finally {
    request.scope?.end();
  }
}

/** Refuses an upgrade with a problem document, and ends its scope. */
function refuse({ failures, problems }: ServerParts, request: ServerRequest, thrown: unknown): void {
  const error = asTidegateError(thrown);
  request.scope?.end();
  if (request.clientGone) return;
  logFailure(failures, request, error);
  try {
    writeToConnection(request, problemReply(error, request.id, problems));
  } catch {
    // The error has headers that cannot be sent.
    writeToConnection(request, problemReply(new TidegateError("INTERNAL"), request.id, problems));
  }
}

interface ClientGone {
  notify(): void;
  onClientGone(listener: () => void): undefined;
}

/** Notifies one listener when the client is gone: before the upgrade its connection, after it its socket. */
function createClientGone(): ClientGone {
  let isGone = false;
  let listener: (() => void) | undefined;
  return {
    notify: () => {
      isGone = true;
      listener?.();
    },
    onClientGone: (added) => {
      listener = added;
      if (isGone) added();
    },
  };
}

function isAccept(answer: Accept | Reply): answer is Accept {
  return "accept" in answer && answer.accept;
}
