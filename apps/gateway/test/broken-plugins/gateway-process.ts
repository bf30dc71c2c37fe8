/**
 * A gateway in a process of its own with plugins that fail in every member. It prints the URL that it listens
 * on, and stops on SIGTERM. `broken-plugins.test.ts` sends it requests.
 */
import type {
  CompiledRule,
  ContextFactory,
  Policy,
  Protocol,
  Reply,
  Route,
  Sandbox,
} from "@tidegate/core-registry";
import { defineContext, definePolicy, defineProtocol } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { z } from "zod";

/** Values that the types forbid: plugins in JavaScript return them all the same. */
const wrong = (value: unknown) => value as never;
const never = (): Promise<never> => new Promise(() => undefined);
const throwing = (): never => {
  throw new Error("boom");
};
const rejecting = (): Promise<never> => Promise.reject(new Error("boom"));

function protocolWith(name: string, broken: Partial<Protocol<{ readonly path: string }>>): Protocol {
  return defineProtocol({
    name,
    schema: z.object({ path: z.string() }),
    compile: ({ path }) => ({ routes: [routeOf(path, () => ({ status: 200, headers: [], body: "fine" }))] }),
    ...broken,
  }) as Protocol;
}

function routeOf(path: string, handle: () => unknown): Route {
  return { kind: "http", method: "GET", path, handle: wrong(handle) };
}

function routed(name: string, handle: () => unknown): Protocol {
  return protocolWith(name, { compile: ({ path }) => ({ routes: [routeOf(path, handle)] }) });
}

function policyWith(name: string, compile: Policy["compile"]): Policy {
  return definePolicy({ name, members: [name], schema: z.looseObject({}), compile });
}

const rule = (decide: () => unknown): CompiledRule => ({ decide: wrong(decide) });

function contextWith(name: string, broken: Partial<ContextFactory>): ContextFactory {
  return defineContext({ name, create: () => "value", ...broken });
}

const badReply: Reply = { status: 200, headers: [], body: wrong({ no: "body" }) };

const protocols = [
  protocolWith("CompileReturnsNothing", { compile: () => wrong(undefined) }),
  protocolWith("CompileReturnsNull", { compile: () => ({ routes: [wrong(null)] }) }),
  protocolWith("CompileNeverSettles", { compile: never }),
  protocolWith("AssembleThrows", { reserved: ["/whole"], assemble: throwing }),
  protocolWith("AssembleReturnsLists", { reserved: ["/lists"], assemble: () => wrong([["route"]]) }),
  protocolWith("DiffThrows", { diff: throwing }),
  routed("HandleReturnsNothing", () => undefined),
  routed("HandleReturnsText", () => "text"),
  routed("HandleReturnsObject", () => ({})),
  routed("HandleReturnsBody", () => badReply),
  routed("HandleThrows", throwing),
  routed("HandleRejects", rejecting),
];

const policies = [
  policyWith("compileReturnsNothing", () => wrong(undefined)),
  policyWith("decideReturnsNothing", () => rule(() => undefined)),
  policyWith("decideThrows", () => rule(throwing)),
  policyWith("decideRejects", () => rule(rejecting)),
];

const contexts = [
  contextWith("closeRejects", { close: rejecting }),
  contextWith("closeThrows", { close: throwing }),
  contextWith("createRejects", { create: rejecting }),
];

const noFunctions: Sandbox = {
  contract: 2,
  check: () => ({ ok: true, problems: [], reads: "all", sync: true, volatile: false }),
  compile: throwing,
  start: async () => undefined,
  stop: async () => undefined,
};

const bus = memoryBroker();
const gateway = createGateway({
  brokers: [bus.broker],
  protocols: [rest(), ...protocols],
  policies,
  contexts,
  sandbox: noFunctions,
  server: h3Server({ port: 0 }),
  pluginTimeoutSeconds: 1,
  logger: { debug: () => undefined, info: () => undefined, warn: print, error: print },
});

function print(message: string): void {
  process.stdout.write(`${message}\n`);
}

for (const { name } of protocols)
  bus.node(name).publish({ name, fragment: { protocol: { [name]: { path: `/${name}` } } } });
for (const { name } of policies) publishRest(name, { policy: { call: [{ actions: ["**"], [name]: true }] } });
for (const { name } of contexts) publishRest(name, {}, { value: `@context.${name}` });
publishRest("good", {});

function publishRest(name: string, members: object, params: Readonly<Record<string, string>> = {}): void {
  const routes = [{ method: "GET", path: `/${name}`, call: { action: `${name}.get`, params } }];
  bus.node(name).publish({
    name,
    fragment: { ...members, protocol: { REST: { basePath: "/", routes } } },
    actions: { get: { params: { type: "object", properties: {} }, handler: (call) => call.params } },
  });
}

process.once("SIGTERM", () => void gateway.stop());
const [listening] = await gateway.start();
await gateway.registry.settled();
print(`ready at ${listening?.url}`);
