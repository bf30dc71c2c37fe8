import {
  type Body,
  type ContextFactory,
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
import { createRegistry } from "@tidegate/core-registry/registry";
import { contextFactories, createScope } from "@tidegate/core-registry/runtime";
import {
  type KnownFunctions,
  knownFunctions,
  type MemoryBroker,
  memoryBroker,
} from "@tidegate/plugin-testkit";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { type FragmentLimitOptions, type GraphQLOptions, graphql } from "../src/index.ts";

/**
 * Starts a registry with one broker in memory and GraphQL as its only protocol, without a server.
 * @param beforeStart publishes services that are there when the gateway starts
 */
export async function testGateway(
  options: GraphQLOptions & FragmentLimitOptions = {},
  beforeStart: (bus: MemoryBroker) => void = () => undefined,
) {
  const bus: MemoryBroker = memoryBroker();
  const functions = knownFunctions();
  const contexts = [auth];
  const registry = createRegistry({
    brokers: [bus.broker],
    protocols: [graphql(options)],
    policies: [asyncPolicy],
    sandbox: asyncSandbox(functions),
    contexts,
    logger: silentLogger,
  });
  const reports: Report[] = [];
  registry.onReport((report) => reports.push(report));
  onTestFinished(() => registry.stop());
  beforeStart(bus);
  await registry.start();
  await registry.settled();

  const served = () => {
    const found = registry.find("master", undefined);
    if (found.version === undefined) throw new Error("The branch master has no version.");
    return found;
  };

  /** Creates a scope of the newest version. */
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
    if (found === undefined) throw new Error("There is no WebSocket route.");
    return found;
  };

  /** Sends a request to the route of its method. */
  const send = async (request: HttpRequest, path?: string): Promise<Reply> => {
    const scope = scopeOf(request);
    try {
      return await route(request.method === "POST" ? "POST" : "GET", path).handle(request, scope);
    } finally {
      scope.end();
    }
  };

  /** Sends an operation with POST and returns the parsed response. */
  const ask = async (
    query: string,
    variables?: object,
    headers?: Record<string, string>,
  ): Promise<unknown> => {
    const reply = await send(request({ method: "POST", headers: headers ?? {}, json: { query, variables } }));
    return JSON.parse(String(reply.body));
  };

  /** Publishes a service with a GraphQL part on its own node, and waits until it is merged. */
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

  /** Returns the findings of the last report of a service. */
  const findings = (service: string) =>
    reports.findLast((report) => report.service === service)?.findings ?? [];

  /** Returns the SDL of the newest version, as the catalog offers it. */
  const document = async (): Promise<string | undefined> =>
    (await registry.documents(served()))["schema.graphql"];

  return {
    bus,
    functions,
    registry,
    reports,
    served,
    scopeOf,
    socketRoute,
    send,
    ask,
    publish,
    findings,
    document,
  };
}

/** The parts of a request. Default: a GET of `/graphql`. */
export interface RequestParts {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** Makes a request as the server does. */
export function request({
  method = "GET",
  url = "/graphql",
  headers = {},
  json,
  text,
  params = {},
}: RequestParts): HttpRequest {
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
    throw new Error("The body must be read as its type says.");
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

/** The header `x-auth` contains the identity of the client as JSON. */
const auth: ContextFactory = {
  contract: 2,
  name: "auth",
  create: ({ request }) => JSON.parse(request.header("x-auth") ?? "null"),
};

/**
 * Decides after some microtasks, as a policy in the sandbox does: `who` must be the name of the client, or
 * `*`.
 */
const asyncPolicy: Policy<{ readonly who: string }> = {
  contract: 2,
  name: "who",
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
    cache: "never",
    reads: ["auth"],
    requirements: who,
  }),
};

/** Runs functions as the sandbox does: each call returns a promise. */
function asyncSandbox(functions: KnownFunctions): Sandbox {
  return {
    ...functions,
    compile: (source, options) => {
      const made = functions.compile(source, options);
      return { ...made, sync: false, tier: "isolate", call: async (argument) => made.call(argument) };
    },
  };
}
