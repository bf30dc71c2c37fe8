import {
  type Body,
  type ContextFactory,
  contextFactories,
  createRegistry,
  createScope,
  type DescribedSchema,
  type Header,
  type HttpRequest,
  type HttpRoute,
  type Policy,
  type Reply,
  type Report,
  type Sandbox,
  type Scope,
  silentLogger,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import {
  type KnownFunctions,
  knownFunctions,
  type MemoryBroker,
  memoryBroker,
} from "@tidegate/plugin-testkit";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { type GraphQLOptions, graphql } from "../src/index.ts";

/** A gateway in small: one broker, GraphQL alone, no server. */
export async function bench(options: GraphQLOptions = {}) {
  const bus: MemoryBroker = memoryBroker();
  const functions = knownFunctions();
  const contexts = [auth];
  const registry = createRegistry({
    brokers: [bus.broker],
    protocols: [graphql(options)],
    policies: [slowly],
    sandbox: promising(functions),
    contexts,
    logger: silentLogger,
  });
  const reports: Report[] = [];
  registry.onReport((report) => reports.push(report));
  onTestFinished(() => registry.stop());
  await registry.start();

  const served = () => {
    const found = registry.find("master", undefined);
    if (found.version === undefined) throw new Error("Nothing is served.");
    return found;
  };

  /** A scope on what is served now. */
  const scopeOf = (request: HttpRequest): Scope => {
    const { version, directory } = served();
    return createScope({
      branch: "master",
      version: version.id,
      base: "",
      directory,
      rules: version.rules,
      events: registry.events,
      request,
      factories: contextFactories(contexts),
    });
  };

  const route = (method: "GET" | "POST", path = "/graphql"): HttpRoute => {
    const found = served()
      .version.routes.flat()
      .find((one): one is HttpRoute => one.kind === "http" && one.method === method && one.path === path);
    if (found === undefined) throw new Error(`There is no ${method} ${path}.`);
    return found;
  };

  const socketRoute = (): WebSocketRoute => {
    const found = served()
      .version.routes.flat()
      .find((one): one is WebSocketRoute => one.kind === "websocket");
    if (found === undefined) throw new Error("There is no socket's route.");
    return found;
  };

  /** Sends a request as it is. */
  const send = async (request: HttpRequest, path?: string): Promise<Reply> => {
    const scope = scopeOf(request);
    try {
      return await route(request.method === "POST" ? "POST" : "GET", path).handle(request, scope);
    } finally {
      scope.end();
    }
  };

  /** Sends an operation, and gives its answer. */
  const ask = async (
    query: string,
    variables?: object,
    headers?: Record<string, string>,
  ): Promise<unknown> => {
    const reply = await send(request({ method: "POST", headers: headers ?? {}, json: { query, variables } }));
    return JSON.parse(String(reply.body));
  };

  /** Publishes a service with a GraphQL part on a node of its own, and waits until it is merged. */
  const publish = async (
    name: string,
    part: object,
    actions: Parameters<ReturnType<MemoryBroker["node"]>["publish"]>[0]["actions"] = {},
    more: { readonly policy?: object; readonly revision?: number } = {},
  ): Promise<void> => {
    const { policy, revision = 0 } = more;
    const fragment = { ...(policy === undefined ? {} : { policy }), protocol: { GraphQL: part } };
    bus.node(name).publish({ name, revision, fragment, actions });
    await registry.settled();
  };

  /** What the last report of a service found. */
  const findings = (service: string) =>
    reports.findLast((report) => report.service === service)?.findings ?? [];

  return { bus, functions, registry, reports, served, scopeOf, socketRoute, send, ask, publish, findings };
}

/** What a request is made of. */
export interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** A request as the server would make it. */
export function request({
  method = "GET",
  url = "/graphql",
  headers = {},
  json,
  text,
  params = {},
}: Sent): HttpRequest {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const list: Header[] = Object.entries(headers);
  return {
    method,
    url,
    path: pathname,
    base: "",
    params,
    query: Object.fromEntries(searchParams),
    header: (name) => headers[name],
    headers: list,
    body: bodyOf(headers["content-type"], json, text),
    peer: { address: "127.0.0.1", encrypted: false },
  };
}

function bodyOf(type: string | undefined, json: unknown, text: string | undefined): Body {
  const refuse = (): never => {
    throw new Error("The body was read in another way than its type says.");
  };
  return {
    type: json === undefined && text === undefined ? type : (type ?? "application/json"),
    json: async () => json,
    text: async () => text ?? "",
    form: refuse,
    parts: refuse,
    raw: refuse,
  };
}

/** `x-auth` holds who asks, as JSON. */
const auth: ContextFactory = {
  contract: 1,
  name: "auth",
  create: ({ request }) => JSON.parse(request.header("x-auth") ?? "null"),
};

/** A policy that decides after a while, as one in the sandbox does: `who` must be the one who asks. */
const slowly: Policy<{ readonly who: string }> = {
  contract: 1,
  key: "slowly",
  members: ["who"],
  schema: z.strictObject({ who: z.string() }) satisfies DescribedSchema,
  compile: ({ who }) => ({
    decide: async ({ scope, params }) => {
      for (let turn = 0; turn < Number((params as { id?: number } | undefined)?.id ?? 0) % 7; turn++)
        await null;
      const { name } = (scope.context.view("auth") ?? {}) as { readonly name?: string };
      if (name === undefined) return { allowed: false, code: "UNAUTHENTICATED" };
      return { allowed: who === "*" || who === name };
    },
    memo: "never",
    reads: ["auth"],
    asks: who,
  }),
};

/** Functions as the sandbox runs them: always by a promise. */
function promising(functions: KnownFunctions): Sandbox {
  return {
    ...functions,
    compile: (source, options) => {
      const made = functions.compile(source, options);
      return { ...made, sync: false, tier: "isolate", call: async (argument) => made.call(argument) };
    },
  };
}
