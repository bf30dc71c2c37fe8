import type {
  ContextFactory,
  HttpRequest,
  Json,
  Policy,
  Scope,
  Socket,
  WebSocketRoute,
} from "@tidegate/core-registry";
import { createRegistry, type Registry } from "@tidegate/core-registry/registry";
import { contextFactories, createScope, routeKeys, socketFingerprint } from "@tidegate/core-registry/runtime";
import {
  knownFunctions,
  type MemoryBroker,
  memoryBroker,
  type Recorder,
  recorder,
} from "@tidegate/plugin-testkit";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { webSocket } from "../src/index.ts";

/** Allows the user that a rule names: `{ who: "ann" }`. */
const who: Policy<{ readonly who: string }> = {
  contract: 2,
  name: "who",
  members: ["who"],
  schema: z.strictObject({ who: z.string() }),
  compile: (rule) => ({
    decide: ({ scope }) => {
      const user = scope.context.view("user");
      if (user === undefined) return { allowed: false, code: "UNAUTHENTICATED" };
      return user === rule.who ? { allowed: true } : { allowed: false, code: "FORBIDDEN" };
    },
    cache: "request",
    reads: ["user"],
    requirements: rule,
  }),
};

const user: ContextFactory = { contract: 2, name: "user", create: ({ request }) => request.header("user") };
const id: ContextFactory = {
  contract: 2,
  name: "id",
  perRequest: true,
  create: ({ requestId }) => requestId,
};

/** The upgrade request of a client. */
export interface Client {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: HttpRequest["query"];
  readonly user?: string;
}

/** A gateway without a server, with one service `chat`. The test opens its routes directly. */
export async function gateway(routes: readonly Json[], policy: Json = {}, basePath = "/chat") {
  const bus = memoryBroker();
  const functions = knownFunctions();
  const registry = createRegistry({
    brokers: [bus.broker],
    protocols: [webSocket()],
    policies: [who],
    sandbox: functions,
    contexts: [user, id],
  });
  onTestFinished(() => registry.stop());
  await registry.start();
  const publish = async (next: readonly Json[], rules: Json = policy, revision = 1): Promise<void> => {
    bus.node("n1").publish({
      name: "chat",
      revision,
      fragment: { policy: rules, protocol: { WebSocket: { basePath, routes: next } } },
    });
    await registry.settled();
  };
  await publish(routes);
  return { bus, registry, publish, functions, ...clients(registry, bus) };
}

function clients(registry: Registry, bus: MemoryBroker) {
  const route = (key: string): WebSocketRoute => {
    const found = registry
      .find("master", undefined)
      .version?.routes.flat()
      .find((one) => one.kind === "websocket" && routeKeys(one).includes(key));
    if (found?.kind !== "websocket")
      throw new Error(`no route ${key}: ${JSON.stringify(bus.node("n1").reports, undefined, 1)}`);
    return found;
  };
  const scopeOf = (
    client: Client,
    gone: AbortSignal,
  ): { readonly scope: Scope; readonly request: HttpRequest } => {
    const served = registry.find("master", undefined);
    if (served.version === undefined) throw new Error("nothing is served");
    const request = requestOf(client);
    const scope = createScope({
      branch: "master",
      version: served.version.id,
      base: "",
      directory: served.directory,
      events: registry.events,
      request,
      factories: contextFactories([user, id]),
      onGone: (leave) => {
        gone.addEventListener("abort", leave);
        return () => gone.removeEventListener("abort", leave);
      },
    });
    return { scope, request };
  };
  /** Opens a WebSocket as the server does and returns the client's end. */
  const open = async (key: string, client: Client = {}): Promise<TestSocket> => {
    const gone = new AbortController();
    const { scope, request } = scopeOf(client, gone.signal);
    const began = route(key);
    await began.accept(request, scope);
    const newest = (): WebSocketRoute => {
      const { version } = registry.find("master", undefined);
      const now = version?.routes
        .flat()
        .find((one) => one.kind === "websocket" && routeKeys(one).includes(key));
      return now?.kind === "websocket" ? now : began;
    };
    const socket = testSocket(gone);
    const served = began
      .open(socket.end, scope, { route: newest, scope: () => scope.fork({}), onSwap: () => () => undefined })
      .finally(() => scope.end());
    return { ...socket, served };
  };
  /** What decides whether a socket of a route moves to another version (S6.4). */
  const fingerprint = (key: string): string => socketFingerprint(route(key));
  return { route, open, fingerprint };
}

function requestOf({ params = {}, query = {}, user: name }: Client): HttpRequest {
  return {
    method: "GET",
    url: "/",
    path: "/",
    base: "",
    params,
    query,
    header: (header) => (header === "user" ? name : undefined),
    headers: [],
    get body(): never {
      throw new Error("An upgrade has no body.");
    },
    peer: { address: "127.0.0.1", encrypted: false },
  };
}

/** A client's end of a socket. */
export interface TestSocket {
  /** Messages from the gateway. */
  readonly received: Recorder<string | Uint8Array>;
  send(message: string | Uint8Array): void;
  leave(): void;
  /** Resolves when the route has finished. */
  readonly served: Promise<void>;
}

function testSocket(gone: AbortController) {
  const received = recorder<string | Uint8Array>("message");
  const waiting: (string | Uint8Array)[] = [];
  let wake = (): void => undefined;
  const closed = Promise.withResolvers<{ readonly code: number; readonly reason: string }>();
  const leave = (): void => {
    gone.abort();
    wake();
    closed.resolve({ code: 1000, reason: "" });
  };
  async function* messages(): AsyncGenerator<string | Uint8Array> {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (gone.signal.aborted) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const end: Socket = {
    protocol: "",
    messages: messages(),
    send: async (message) => {
      if (gone.signal.aborted) throw new Error("closed");
      received.push(message);
    },
    ping: () => undefined,
    close: leave,
    closed: closed.promise,
  };
  const send = (message: string | Uint8Array): void => {
    waiting.push(message);
    wake();
  };
  return { received, send, leave, end };
}
