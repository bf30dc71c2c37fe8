import { connect } from "node:net";
import {
  type ContextFactory,
  type GatewayHealth,
  type GatewayPage,
  type HttpRequest,
  type HttpRoute,
  type Listening,
  type Logger,
  type Method,
  type Middleware,
  type NotServed,
  type Reply,
  type Route,
  type Scope,
  type Served,
  type ServedApi,
  type Server,
  silentLogger,
} from "@tidegate/core-registry";
import { requestScope } from "@tidegate/plugin-testkit";
import { onTestFinished } from "vitest";
import { type H3ServerOptions, h3Server } from "../src/index.ts";

export type Handle = (request: HttpRequest, scope: Scope) => Reply | Promise<Reply>;

export function route(method: Method, path: string, handle: Handle): HttpRoute {
  return { kind: "http", method, path, handle };
}

export function json(value: unknown, status = 200): Reply {
  return { status, headers: [["content-type", "application/json"]], body: JSON.stringify(value) };
}

/** A version with these routes; its id is the name four times. */
export function served(name: string, routes: readonly Route[]): Served {
  return {
    version: {
      id: name.repeat(4),
      name,
      fragments: [],
      routes: [routes],
      endpoints: [],
      rules: { ownerRules: () => undefined },
      protocols: new Map(),
      routeOrigin: () => undefined,
    },
    directory: { branch: "master", action: () => undefined, service: () => undefined, services: () => [] },
  };
}

export interface Fixture {
  /** Versions by branch, the newest first. */
  branches: Record<string, readonly Served[]>;
  pages: readonly GatewayPage[];
  health: GatewayHealth;
  starting: boolean;
  /**
   * How evicted versions are compiled again, by branch and tag (`dev`, `dev@11111111`); then they are in
   * `branches`.
   */
  evicted: Record<string, () => Promise<Served | NotServed>>;
  /** What the server looked up: `master`, `dev@11111111`. */
  readonly found: string[];
  /** Logged errors and warnings: `error: ...`. */
  readonly log: string[];
  readonly server: Server;
  readonly listening: Listening;
  readonly url: string;
  /** Publishes another newest version of a branch, as the registry does. */
  swap(branch: string, next: Served): void;
}

/** Starts a server on a free port, and stops it at the end of the test. */
export async function start(
  routes: readonly Route[] = [],
  options: H3ServerOptions & {
    contexts?: readonly ContextFactory[];
    middleware?: readonly Middleware[];
  } = {},
  parts: Partial<Pick<Fixture, "branches" | "pages" | "health" | "starting" | "evicted">> = {},
): Promise<Fixture> {
  const { contexts = [], middleware = [], ...rest } = options;
  const server = h3Server({ port: 0, ...rest });
  const log: string[] = [];
  const found: string[] = [];
  const listeners = new Set<(branch: string) => void>();
  const state = {
    branches: { master: [served("11111111", routes)] } as Record<string, readonly Served[]>,
    pages: [] as readonly GatewayPage[],
    health: { state: "running", reasons: [] } as GatewayHealth,
    starting: false,
    evicted: {} as Record<string, () => Promise<Served | NotServed>>,
    ...parts,
  };
  const logger: Logger = {
    ...silentLogger,
    error: (message) => log.push(`error: ${message}`),
    warn: (message) => log.push(`warn: ${message}`),
  };
  const api: ServedApi = {
    find(branch, tag): Served | NotServed {
      const asked = tag === undefined ? branch : `${branch}@${tag}`;
      found.push(asked);
      if (state.starting) return { missing: "starting" };
      const recompile = Object.hasOwn(state.evicted, asked) ? state.evicted[asked] : undefined;
      if (recompile !== undefined) return { missing: "evicted", recompile };
      const versions = Object.hasOwn(state.branches, branch) ? state.branches[branch] : undefined;
      if (versions === undefined) return { missing: "branch" };
      return (
        versions.find(({ version }) => tag === undefined || tag === version.name || tag === version.id) ?? {
          missing: "tag",
        }
      );
    },
    get pages() {
      return state.pages;
    },
    contexts: [...server.contexts, ...contexts],
    middleware,
    health: () => state.health,
    events: requestScope().events,
    onSwap: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    logger,
  };
  const [listening] = await server.start(api);
  if (listening === undefined) throw new Error("The server does not listen.");
  // Forgets what the server looked up when it started.
  found.length = 0;
  onTestFinished(() => server.stop());
  const swap = (branch: string, next: Served): void => {
    state.branches[branch] = [next, ...(state.branches[branch] ?? [])];
    for (const listener of listeners) listener(branch);
  };
  return Object.assign(state, { found, log, server, listening, url: listening.url, swap });
}

/** Sends raw bytes, and reads until the server closes the connection. */
export function raw(fixture: Fixture, text: string | Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(fixture.listening.port, fixture.listening.host);
  let answer = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => {
    answer += String(chunk);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => resolve(answer));
  socket.write(text);
  return promise;
}

/** A request as text with `connection: close`. */
export function rawRequest(line: string, headers: readonly string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, "host: localhost", "connection: close", ...headers, "", body].join("\r\n");
}

/** The problem document of a response. */
export async function problem(response: Response): Promise<Record<string, unknown>> {
  if (response.headers.get("content-type") !== "application/problem+json")
    throw new Error(`Not a problem document: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}
