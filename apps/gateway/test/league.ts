import { once } from "node:events";
import { type Clock, silentLogger } from "@tidegate/core-registry";
import { type MemoryBroker, memoryBroker, type TestService } from "@tidegate/plugin-testkit";
import { type Client, createClient, type ExecutionResult } from "graphql-ws";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { compose } from "../src/config/compose.ts";
import { readConfig } from "../src/config/tree.ts";
import { createDefaultGateway, type Gateway } from "../src/default-gateway.ts";

/** The answer to an operation over HTTP. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ExecutionResult<Record<string, unknown>, Record<string, unknown>>;
}

/** The answer to a GET request. */
export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A gateway with all protocols, over the broker in memory. */
export interface League {
  readonly bus: MemoryBroker;
  readonly gateway: Gateway;
  readonly url: string;
  /** Publishes a service on a new node, and waits until it is served. */
  publish(service: TestService): Promise<void>;
  ask(query: string, token?: string, path?: string): Promise<Answered>;
  get(path: string): Promise<Got>;
  /** Resolves when the gateway subscribes to the pattern, or no longer does. */
  listening(pattern: string, yes?: boolean): Promise<void>;
  /** The client of graphql-ws. */
  connect(token?: string): Subscriber;
}

/** A client of graphql-transport-ws, with a record of its sockets. */
export interface Subscriber {
  readonly client: Client;
  /** The number of connections. */
  readonly connected: () => number;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

/** Starts the gateway. A token consists of a name and scopes: `ann.read+write`. */
export async function startLeague(options: { readonly clock?: Clock } = {}): Promise<League> {
  const bus = memoryBroker(options);
  const Bearer = ({ credentials }: { readonly credentials: string }) => {
    const [identity, scopes = ""] = credentials.split(".");
    return { identity, scope: scopes.split("+") };
  };
  const config = readConfig({
    brokers: [bus.broker],
    server: {
      protocol: { http: { port: 0 } },
      context: { auth: { parsers: { Bearer } } },
      update: { retireSeconds: 0 },
    },
    logger: silentLogger,
  });
  const gateway = createDefaultGateway({ ...compose(config), ...options });
  onTestFinished(() => gateway.stop());
  const [listening] = await gateway.start();
  const url = listening?.url ?? "";

  const ask: League["ask"] = async (query, token, path = "/graphql") => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, headers: response.headers, body: Object(await response.json()) };
  };
  return {
    bus,
    gateway,
    url,
    ask,
    publish: async (service) => {
      bus.node(service.name).publish(service);
      await gateway.registry.settled();
    },
    get: async (path) => {
      const response = await fetch(`${url}${path}`);
      const text = await response.text();
      const { status, headers } = response;
      return { status, headers, body: text.startsWith("{") ? JSON.parse(text) : text };
    },
    listening: async (pattern, yes = true) => {
      // Each response takes another iteration of the server's event loop.
      while (bus.patterns?.includes(pattern) !== yes) await ask("{ _version }");
    },
    connect: (token) => connect(url, token),
  };
}

function connect(url: string, token: string | undefined): Subscriber {
  const closed = Promise.withResolvers<number>();
  let connections = 0;
  class WithToken extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
      connections += 1;
      void once(this, "close").then(([code]) => closed.resolve(code));
    }
  }
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WithToken,
    retryAttempts: 0,
  });
  onTestFinished(() => client.terminate());
  return { client, connected: () => connections, closed: closed.promise };
}
