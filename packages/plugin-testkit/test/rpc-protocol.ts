import {
  type Assembled,
  type Claim,
  type Compiled,
  type Connector,
  defineProtocol,
  type HttpRoute,
  type Part,
  type Protocol,
  type Reply,
  TidegateError,
} from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import type { ProtocolSuite } from "../src/index.ts";

/** The part of a fragment: methods by name, each with its action. */
export interface RpcInput {
  readonly description?: string;
  readonly methods: Readonly<Record<string, string>>;
}

/** The compiled methods of one fragment. */
export type RpcData = ReadonlyMap<string, Connector>;

export type RpcProtocol = Protocol<RpcInput, RpcData>;

const schema: RpcProtocol["schema"] = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      isRpcInput(value)
        ? { value }
        : { issues: [{ message: "`methods` must be texts by name.", path: ["methods"] }] },
    jsonSchema: { input: describeInput, output: describeInput },
  },
};

function describeInput(): Record<string, unknown> {
  const methods = { type: "object", additionalProperties: { type: "string" } };
  return { type: "object", properties: { description: { type: "string" }, methods }, required: ["methods"] };
}

function isRpcInput(value: unknown): value is RpcInput {
  if (!isObject(value) || !isObject(value.methods)) return false;
  return Object.values(value.methods).every((action) => typeof action === "string");
}

/** Serves methods at `/rpc`, and each one at `/direct/NAME`. Fulfils the contract. */
export function rpc(): RpcProtocol {
  const assembledParts = new WeakMap<Assembled, readonly Part<RpcData>[]>();
  return defineProtocol<RpcInput, RpcData>({
    name: "RPC",
    schema,
    sources: { body: { values: "data", fromClient: true } },
    reserved: ["/rpc"],
    fingerprint: ({ methods }) => methods,
    compile: ({ methods }, tools) => {
      const data = new Map<string, Connector>();
      const jsonPath = `${tools.origin.jsonPath}.methods`;
      for (const [name, action] of Object.entries(methods)) {
        const place = `${jsonPath}.${name}`;
        const isName = /^[a-z]+$/.test(name);
        if (!isName)
          tools.addFinding({ severity: "error", code: "RPC_NAME", jsonPath: place, message: "No name." });
        const call = { action, params: { id: "@body.id" } };
        const connector = tools.connectors.compile({ call }, { jsonPath: place });
        if (isName && connector !== undefined) data.set(name, connector);
      }
      return { data, claims: claimsOf(methods, jsonPath), routes: routesOf(data, jsonPath) };
    },
    assemble: (parts, { previous }) => {
      const old = previous && assembledParts.get(previous);
      const isEqual = old?.length === parts.length && parts.every((part, index) => part === old[index]);
      if (previous !== undefined && isEqual) return previous;
      const assembled: Assembled = { routes: [dispatcher(parts)] };
      assembledParts.set(assembled, parts);
      return assembled;
    },
    documents: ({ assembled }) => {
      const parts = (assembled && assembledParts.get(assembled)) ?? [];
      return { "methods.json": JSON.stringify(parts.flatMap((part) => [...served(part).keys()])) };
    },
    diff: (before, after) => [
      ...changes("removed", before.endpoints, after.endpoints),
      ...changes("added", after.endpoints, before.endpoints),
    ],
    start: () => undefined,
    dispose: async () => undefined,
  });
}

function changes(kind: "added" | "removed", some: readonly { readonly key: string }[], others: typeof some) {
  const keys = new Set(others.map(({ key }) => key));
  const level = kind === "added" ? ("safe" as const) : ("breaking" as const);
  return some
    .filter(({ key }) => !keys.has(key))
    .map(({ key }) => ({ kind, level, plugin: "RPC", label: key }));
}

function claimsOf(methods: RpcInput["methods"], path: string): readonly Claim[] {
  return Object.entries(methods).map(([name, fingerprint]) => ({
    key: `method ${name}`,
    jsonPath: `${path}.${name}`,
    endpoint: { jsonPath: `${path}.${name}`, fingerprint },
  }));
}

function routesOf(data: RpcData, path: string): readonly HttpRoute[] {
  return [...data].map(([name, connector]) => ({
    kind: "http",
    method: "POST",
    path: `/direct/${name}`,
    endpoint: { jsonPath: `${path}.${name}`, connectors: [connector.description], fingerprint: name },
    handle: async (request, scope) => {
      const body = await request.body.json().catch(() => null);
      return jsonReply(await connector.run(scope, { body }));
    },
  }));
}

/** The methods of a part whose claims do not wait. */
function served({ compiled, waiting }: Part<RpcData>): RpcData {
  return new Map([...(compiled.data ?? [])].filter(([name]) => !waiting.has(`method ${name}`)));
}

function dispatcher(parts: readonly Part<RpcData>[]): HttpRoute {
  const methods = new Map(parts.flatMap((part) => [...served(part)]));
  return {
    kind: "http",
    method: "POST",
    path: "/rpc",
    handle: async (request, scope) => {
      const body: unknown = await request.body.json().catch(() => null);
      const connector = isObject(body) ? methods.get(String(body.method)) : undefined;
      if (!isObject(body) || connector === undefined) throw new TidegateError("NOT_FOUND", "No such method.");
      return jsonReply({ result: await connector.run(scope, { body: body.params }) });
    },
  };
}

/** Creates a reply with a JSON body. */
export function jsonReply(value: unknown): Reply {
  const headers = [["content-type", "application/json"]] as const;
  return { status: 200, headers, body: JSON.stringify(value) ?? "null" };
}

/** Returns the suite of the protocol, with changes of the protocol. */
export function rpcSuite(change: (protocol: RpcProtocol) => object = () => ({})): ProtocolSuite {
  return {
    make: () => {
      const protocol = rpc();
      return { ...protocol, ...change(protocol) };
    },
    parts: [
      {
        input: { description: "Players.", methods: { player: "player.get", team: "team.get" } },
        documented: { methods: { team: "team.get", player: "player.get" } },
        requests: [
          { method: "POST", url: "/direct/player", json: { id: 7 }, body: { id: 7 } },
          {
            method: "POST",
            url: "/rpc",
            json: { method: "team", params: { id: 8 } },
            body: { result: { team: 8 } },
          },
          { method: "POST", url: "/rpc", json: { method: "nobody" }, status: 404 },
        ],
      },
      { input: { methods: { game: "game.get" } } },
    ],
    invalidParts: [{}, { methods: { player: 7 } }, { methods: { "not a name": "player.get" } }],
    actions: {
      "player.get": ({ params }) => ({ id: params.id }),
      "team.get": ({ params }) => ({ team: params.id }),
      "game.get": () => ({}),
    },
  };
}

export type RpcCompiled = Compiled<RpcData>;
