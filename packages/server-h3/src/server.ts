import { IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import {
  type Access,
  type Clock,
  type GatewayHealth,
  type ServedApi,
  type Server,
  systemClock,
  TidegateError,
} from "@tidegate/core-registry";
import { H3 } from "h3";
import { type AuthParsers, authContext } from "./context/auth.ts";
import { idContext } from "./context/id.ts";
import { ipContext } from "./context/ip.ts";
import { requestContext } from "./context/request.ts";
import { createDispatch } from "./dispatch/dispatch.ts";
import { type Listener, openListener } from "./listener.ts";
import { createAnswer } from "./reply/answer.ts";
import { problemReply } from "./reply/problem.ts";
import { newId } from "./request/id.ts";
import { ServerRequest } from "./request/request.ts";

/** Options of the server. All have safe defaults. */
export interface H3ServerOptions {
  /** The address to bind. Default `127.0.0.1`; `0.0.0.0` for everybody. */
  readonly host?: string;
  /** The port. Default 8080; 0 is any free one. */
  readonly port?: number;
  /** Who may use branches other than master and versions other than the latest (S9.11). Default `local`, both. */
  readonly access?: { readonly branches?: Access; readonly versions?: Access };
  /** Who reads which `Authorization` scheme (S12.4). Default: nobody, and `auth` is undefined for everybody. */
  readonly auth?: AuthParsers;
  /** Proxies whose `X-Forwarded-For` is believed: addresses and subnets. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** The largest body that is read whole (JSON, text, fields), in bytes. Default 1 MiB. */
  readonly bodyBytes?: number;
  /** The largest body that is streamed, in bytes. Default 1 GiB. */
  readonly streamBytes?: number;
  /** Shows clients what went wrong inside (S12.5). For development. Default false. */
  readonly exposeErrors?: boolean;
  /** How long a stop waits for requests that run, in seconds. Default 30. */
  readonly drainSeconds?: number;
  /** Most connections at once. Default 10,000. */
  readonly maxConnections?: number;
  /** Time. Default: the machine's own. */
  readonly clock?: Clock;
}

/**
 * The HTTP server (S12): one h3 catch-all; dispatch, routers and replies are Tidegate's own.
 * @throws `CONFIG_INVALID` for options that cannot be
 */
export function h3Server(options: H3ServerOptions = {}): Server {
  let opening: Promise<Listener> | undefined;
  let listener: Listener | undefined;
  let stopped: Promise<void> | undefined;

  return {
    contract: 1,
    name: "h3",
    contexts: [
      idContext(),
      ipContext(options.trustedProxies),
      requestContext(),
      authContext(options.auth ?? {}),
    ],
    async start(api) {
      if (opening !== undefined || stopped !== undefined)
        throw new TidegateError("INTERNAL", "A server is started once.");
      opening = openListener({
        host: options.host ?? "127.0.0.1",
        port: options.port ?? 8080,
        maxConnections: options.maxConnections ?? 10_000,
        clock: options.clock ?? systemClock,
        fetch: fetcher(options, api, () => stopped !== undefined),
        upgrade: refuseUpgrade,
      });
      listener = await opening;
      return [listener.listening];
    },
    stop() {
      const drainMs = (options.drainSeconds ?? 30) * 1000;
      stopped ??= listener?.close(drainMs) ?? closeOnceOpen(opening, drainMs);
      return stopped;
    },
  };
}

async function closeOnceOpen(opening: Promise<Listener> | undefined, drainMs: number): Promise<void> {
  // Where it could not be opened, `start` has said so and nothing is left to close.
  const listener = await opening?.catch(() => undefined);
  await listener?.close(drainMs);
}

function fetcher(
  options: H3ServerOptions,
  api: ServedApi,
  draining: () => boolean,
): (request: Request) => Response | Promise<Response> {
  const health = (): GatewayHealth => (draining() ? { state: "stopping", reasons: [] } : api.health());
  const { branches = "local", versions = "local" } = options.access ?? {};
  const answer = createAnswer({
    dispatch: createDispatch({ api, access: { branches, versions }, health }),
    problems: {
      exposeErrors: options.exposeErrors ?? false,
      challenge: Object.keys(options.auth ?? {}).join(", ") || "Bearer",
    },
    logger: api.logger,
    draining,
  });
  const limits = {
    bodyBytes: options.bodyBytes ?? 1024 ** 2,
    streamBytes: options.streamBytes ?? 1024 ** 3,
  };
  // Paths are checked here, and problems written here: h3 is to do neither.
  const app = new H3({ silent: true, allowMalformedURL: true });
  app.all("/**", (event) => {
    const { req, res } = event.runtime?.node ?? {};
    if (!(req instanceof IncomingMessage && res instanceof ServerResponse))
      throw new TidegateError("INTERNAL", "This server runs on Node's HTTP/1.1 alone.");
    return answer(new ServerRequest(req, res, limits));
  });
  return app.fetch;
}

/** No WebSocket is served yet: said as HTTP, before any handshake. */
function refuseUpgrade(_incoming: IncomingMessage, socket: Duplex): void {
  const error = new TidegateError("NOT_FOUND", "There is no WebSocket here.");
  const { status, headers, body } = problemReply(error, newId(), {
    exposeErrors: false,
    challenge: "Bearer",
  });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(String(body))}`,
    "connection: close",
  ];
  socket.on("error", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
