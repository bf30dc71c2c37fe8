import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type Accept,
  type Clock,
  errorMeaning,
  type GatewayHealth,
  type Reply,
  type Served,
  type ServedApi,
  TidegateError,
  type Version,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import type { BranchChoice } from "../dispatch/choice.ts";
import type { Locator } from "../dispatch/locate.ts";
import { placeRequest } from "../dispatch/place.ts";
import { hasPrefix, type Prefix } from "../dispatch/prefix.ts";
import { notServed, starting } from "../dispatch/refusals.ts";
import type { SocketRouter } from "../dispatch/router.ts";
import { scopeFor } from "../dispatch/scope.ts";
import { logFailure } from "../reply/answer.ts";
import { asTidegateError, type ProblemSettings, problemReply, publicMessage } from "../reply/problem.ts";
import { writeReply } from "../reply/raw.ts";
import type { BodyLimits } from "../request/body.ts";
import { ServerRequest } from "../request/request.ts";
import { createConnection } from "./connection.ts";
import { createDeparture } from "./departure.ts";
import { at, tokenExpiry } from "./expiry.ts";
import { createHandover } from "./handover.ts";
import { checkHandshake, checkOrigin } from "./handshake.ts";
import { createLiveSockets } from "./live.ts";
import type { WebSocketSettings } from "./options.ts";
import { ServerSocket } from "./socket.ts";

/** What serving WebSockets needs to know. */
export interface UpgradesInput {
  /** What is served. */
  readonly api: ServedApi;
  /** Finds branches and versions. */
  readonly locator: Locator;
  /** Chooses the branch of requests without a prefix. */
  readonly choice: BranchChoice;
  /** The WebSocket routes of a version. */
  readonly routesOf: (version: Version) => SocketRouter;
  /** How sockets are kept. */
  readonly settings: WebSocketSettings;
  /** How problems are written. */
  readonly problems: ProblemSettings;
  /** How large bodies may be. */
  readonly limits: BodyLimits;
  /** Time. */
  readonly clock: Clock;
  /** Whether the server is stopping: nobody is let in any more. */
  draining(): boolean;
  /** How the gateway does. */
  health(): GatewayHealth;
}

/** The WebSockets of one server. */
export interface Upgrades {
  /** Takes a request for an upgrade: opens a socket, or answers as HTTP (S6.3). Never throws. */
  take(incoming: IncomingMessage, connection: Duplex, head: Buffer): void;
  /** Closes all sockets with 1001; waits for them for at most so many milliseconds. */
  stop(drainMs: number): Promise<void>;
}

const master: Prefix = { branch: "master", tag: undefined, base: "", path: "" };

/** Where a request for an upgrade leads. */
interface Destination {
  readonly branch: string;
  readonly pinned: boolean;
  readonly served: Served;
  readonly route: WebSocketRoute;
}

/** Serves WebSockets: leads an upgrade to its route exactly as an HTTP request, and gives the route the socket. */
export function createUpgrades(input: UpgradesInput): Upgrades {
  const { api, locator, choice, routesOf, settings, problems, limits, clock, draining, health } = input;
  const handOver = createHandover(settings.maxPayload);
  const live = createLiveSockets(api, settings, clock);
  let arriving = 0;

  function checkRoom(): void {
    const full = live.size + arriving > settings.maxSockets;
    if (!full && !draining()) return;
    const message = full ? "There are as many sockets as there may be." : "The gateway stops.";
    throw new TidegateError("DEPENDENCY_UNAVAILABLE", `${message} Try again.`, {
      exposed: true,
      retryAfter: 5,
    });
  }

  /** As for HTTP: branch, version, route (S9.5), and who may use them. */
  async function destination(request: ServerRequest): Promise<Destination> {
    const { branch, tag, path } = placeRequest(request, choice) ?? master;
    const found = await locator.find(request, branch, tag);
    const served = hasPrefix(path) ? found : await locator.wake(request, found);
    if (served.version === undefined) throw notServed(served, branch, tag);
    const match = hasPrefix(path) ? undefined : routesOf(served.version).find(request.path);
    if (match === undefined) {
      if (health().state === "starting") throw starting();
      throw new TidegateError("NOT_FOUND", "There is no WebSocket here.");
    }
    request.params = match.params;
    return { branch, pinned: tag !== undefined, served, route: match.route };
  }

  async function open(request: ServerRequest, connection: Duplex, head: Buffer): Promise<void> {
    checkRoom();
    checkHandshake(request);
    checkOrigin(request, settings.origins);
    const place = await destination(request);
    const { leave, onLeave } = createDeparture();
    connection.once("close", leave);
    const scope = scopeFor(request, place.branch, place.served, locator.sources, onLeave);
    request.scope = scope;
    const accepted = await place.route.accept(request, scope);
    if (!isAccept(accepted)) {
      writeReply(request, accepted);
      scope.end();
      return;
    }
    const expiresAt = settings.onExpire === "close" ? await tokenExpiry(request, scope) : undefined;
    checkRoom();
    const ws = connection.destroyed ? undefined : handOver(request, connection, head, accepted);
    if (ws === undefined) {
      scope.end();
      return;
    }
    const socket = new ServerSocket(ws, { maxBufferedBytes: settings.maxBufferedBytes, clock });
    if (expiresAt !== undefined) closeAtExpiry(socket, expiresAt);
    void socket.closed.then(leave);
    const own = createConnection({ ...place, api, routesOf, scope });
    live.add(
      { socket, connection: own },
      serve(request, socket, () => place.route.open(socket, scope, own)),
    );
  }

  function closeAtExpiry(socket: ServerSocket, expiresAt: number): void {
    const { close, title } = errorMeaning("TOKEN_EXPIRED");
    void socket.closed.then(at(expiresAt, clock, () => socket.close(close, title)));
  }

  async function serve(
    request: ServerRequest,
    socket: ServerSocket,
    run: () => Promise<void>,
  ): Promise<void> {
    try {
      await run();
      socket.close(1000, "");
    } catch (thrown) {
      const error = asTidegateError(thrown);
      // What fails because the socket is over is no news.
      if (!socket.isOver || error.code === "INTERNAL") logFailure(api.logger, request, error);
      socket.close(errorMeaning(error.code).close, publicMessage(error, problems));
    } finally {
      request.scope?.end();
    }
  }

  function refuse(request: ServerRequest, thrown: unknown): void {
    const error = asTidegateError(thrown);
    request.scope?.end();
    if (request.gone) return;
    logFailure(api.logger, request, error);
    try {
      writeReply(request, problemReply(error, request.id, problems));
    } catch {
      // The error itself carries what cannot be sent.
      writeReply(request, problemReply(new TidegateError("INTERNAL"), request.id, problems));
    }
  }

  return {
    take(incoming, connection, head) {
      connection.on("error", () => connection.destroy());
      const request = new ServerRequest(incoming, connection, limits);
      arriving += 1;
      open(request, connection, head)
        .catch((error: unknown) => refuse(request, error))
        .finally(() => {
          arriving -= 1;
        });
    },
    stop: live.stop,
  };
}

function isAccept(answer: Accept | Reply): answer is Accept {
  return "accept" in answer && answer.accept;
}
