import {
  type Accept,
  type Clock,
  type CompileTools,
  type Connection,
  type Connector,
  type DescribedSchema,
  defineProtocol,
  type Protocol,
  publicError,
  type Scope,
  type Socket,
  type Sources,
  systemClock,
  TidegateError,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import {
  attachedValue,
  type ConnectorInput,
  canonicalJson,
  compileRoutes,
  connectorMembers,
  discardStream,
  isOpaque,
  normalizeConnectors,
  pathSchema,
  type RoutesPart,
  routePattern,
  routesSchema,
} from "@tidegate/core-registry/runtime";
import { z } from "zod";

declare module "@tidegate/core-registry" {
  interface FragmentParts {
    /** Adds WebSockets that receive the result of an action every few seconds. */
    readonly Ticker?: RoutesPart<TickerRoute> | undefined;
  }
}

/** A path whose sockets receive the result of one action. */
export interface TickerRoute extends Pick<ConnectorInput, "call" | "params" | "map"> {
  /** The path pattern below `basePath` (S4.2). */
  readonly path: string;
  /** Seconds from one result to the next call, from 1 to 3,600. */
  readonly seconds: number;
}

/** The options of the protocol; tests need them. */
export interface TickerOptions {
  /** Default: the system clock. Tests give a clock of their own. */
  readonly clock?: Clock;
}

const { call, params, map } = connectorMembers;
const route: z.ZodType<TickerRoute> = z.strictObject({
  path: pathSchema("path"),
  seconds: z.number().min(1).max(3_600),
  call: call.unwrap(),
  params,
  map,
});
const schema: DescribedSchema<RoutesPart<TickerRoute>> = routesSchema("Ticker", route);

/** The connectors of all routes: an open socket finds that of the newest version here. */
const connectorOf = attachedValue<WebSocketRoute, Connector>();
const accepted: Accept = { accept: true };

/**
 * Creates the protocol `Ticker`: WebSockets that receive the result of an action when they open, and then
 * every few seconds. A failed call is sent as `{"error": {"code", "message"}}`, and the socket stays open.
 */
export function ticker({ clock = systemClock }: TickerOptions = {}): Protocol<RoutesPart<TickerRoute>> {
  return defineProtocol({
    name: "Ticker",
    schema,
    sources: {
      path: { values: "text", fromClient: true },
      query: { values: "text", fromClient: true },
    },
    compile: (input, tools) =>
      compileRoutes(input.routes ?? [], tools, (each, jsonPath) =>
        compileRoute(input.basePath, each, jsonPath, tools, clock),
      ),
  });
}

function compileRoute(
  basePath: string | undefined,
  { path, seconds, ...input }: TickerRoute,
  jsonPath: string,
  tools: CompileTools,
  clock: Clock,
): WebSocketRoute | undefined {
  const pattern = routePattern(path, basePath, jsonPath, tools);
  const long = normalizeConnectors(input, () => undefined);
  const connector = long && tools.connectors.compile(long, { jsonPath, implicit: ["path", "query"] });
  if (pattern === undefined || connector === undefined) return undefined;
  const compiled: WebSocketRoute = {
    kind: "websocket",
    path: pattern.path,
    endpoint: {
      jsonPath,
      connectors: [connector.description],
      fingerprint: canonicalJson({ path: pattern.path, seconds, ...long }),
    },
    // The first call decides before the upgrade: a client without access gets an HTTP error, and no socket.
    accept: async (request, scope) => {
      const sources = { path: request.params, query: request.query };
      const first = encode(await connector.run(scope, sources));
      scope.memo(compiled, () => ({ sources, first }));
      return accepted;
    },
    open: async (socket, scope, connection) => {
      const { sources, first } = scope.memo<Opened>(compiled, failUnaccepted);
      await socket.send(first);
      const newest = (): Connector => connectorOf.get(connection.route()) ?? connector;
      await serve({ socket, scope, connection, sources, newest, wait: (end) => wait(seconds, clock, end) });
    },
  };
  connectorOf.set(compiled, connector);
  return compiled;
}

/** What `accept` leaves for `open`: the first result, and the sources of all calls. */
interface Opened {
  readonly sources: Sources;
  readonly first: string;
}

function failUnaccepted(): never {
  throw new TypeError("`open` needs the scope that was given to `accept`.");
}

interface OpenSocket {
  readonly socket: Socket;
  readonly scope: Scope;
  readonly connection: Connection;
  readonly sources: Sources;
  /** Returns the connector of the route in the newest version of the branch. */
  newest(): Connector;
  /** Resolves when the next result is due, or when the signal aborts. */
  wait(end: AbortSignal): Promise<void>;
}

/** Sends results until the socket closes or the scope ends. Nothing of it runs afterwards. */
async function serve(open: OpenSocket): Promise<void> {
  const end = new AbortController();
  const stopListening = open.scope.onEnd(() => end.abort());
  try {
    await Promise.race([refuseMessages(open.socket), sendTicks(open, end.signal)]);
  } finally {
    end.abort();
    stopListening();
  }
}

/** Ends with the socket. While messages wait unread, the server does not see the client close the socket. */
async function refuseMessages({ messages }: Socket): Promise<void> {
  for await (const _ of messages) throw new TidegateError("BAD_REQUEST", "This WebSocket takes no messages.");
}

/** Calls and sends one by one, so a slow action or a slow client gets fewer results, and no queue grows. */
async function sendTicks(open: OpenSocket, end: AbortSignal): Promise<void> {
  const { socket, connection, sources, newest } = open;
  for (;;) {
    await open.wait(end);
    if (end.aborted) return;
    const scope = connection.scope();
    try {
      const text = await callOnce(newest(), scope, sources);
      if (end.aborted) return;
      await socket.send(text);
    } finally {
      scope.end();
    }
  }
}

async function callOnce(connector: Connector, scope: Scope, sources: Sources): Promise<string> {
  try {
    return encode(await connector.run(scope, sources));
  } catch (error) {
    const { code, message } = publicError(error);
    return JSON.stringify({ error: { code, message } });
  }
}

function encode(value: unknown): string {
  if (!isOpaque(value)) return JSON.stringify(value ?? null);
  discardStream(value);
  throw new TidegateError("REPLY_INVALID", "The result is a stream or bytes, and no JSON.");
}

function wait(seconds: number, clock: Clock, end: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  const cancel = clock.after(seconds * 1_000, done);
  end.addEventListener("abort", done, { once: true });
  return promise.finally(() => {
    cancel();
    end.removeEventListener("abort", done);
  });
}
