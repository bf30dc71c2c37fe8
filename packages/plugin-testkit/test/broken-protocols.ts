import { type HttpRoute, type Route, TidegateError } from "@tidegate/core-registry";
import type { ProtocolSuite } from "../src/index.ts";
import { jsonReply, type RpcCompiled, type RpcInput, type RpcProtocol, rpcSuite } from "./rpc-protocol.ts";

const never = () => new Promise<never>(() => undefined);
const fails = (): never => {
  throw new Error("broken");
};

/** The suite of a protocol whose compiled parts are changed. */
function withPart(change: (part: RpcCompiled, input: RpcInput) => unknown): ProtocolSuite {
  return rpcSuite((protocol) => ({
    compile: async (...[input, tools]: Parameters<RpcProtocol["compile"]>) =>
      change(await protocol.compile(input, tools), input),
  }));
}

/** The suite of a protocol whose routes are changed. */
function withRoute(change: (route: HttpRoute) => object): ProtocolSuite {
  const changed = (route: Route) => (route.kind === "http" ? { ...route, ...change(route) } : route);
  return withPart((part) => ({ ...part, routes: part.routes?.map(changed) }));
}

/** The suite of a protocol whose result of `assemble` is changed. */
function withWhole(change: (protocol: RpcProtocol) => RpcProtocol["assemble"]): ProtocolSuite {
  return rpcSuite((protocol) => ({ assemble: change(protocol) }));
}

/** Protocols that break one sentence of the contract each, by what is wrong with them. */
export const brokenProtocols: Readonly<Record<string, ProtocolSuite>> = {
  // Members and schema
  "wrong contract number": rpcSuite(() => ({ contract: 99 })),
  "unknown member": rpcSuite(() => ({ asemble: fails })),
  "a source of the core": rpcSuite(() => ({ sources: { params: { values: "data", fromClient: true } } })),
  "reserves no path": rpcSuite(() => ({ reserved: ["rpc"] })),
  "a context without name": rpcSuite(() => ({ contexts: [{ contract: 2, create: fails }] })),
  "the schema refuses everything": rpcSuite(({ schema }) => ({
    schema: { "~standard": { ...schema["~standard"], validate: () => ({ issues: [{ message: "no" }] }) } },
  })),
  "the schema throws for other types": rpcSuite(({ schema }) => ({
    schema: {
      "~standard": {
        ...schema["~standard"],
        validate: (value: unknown) => (value === null ? fails() : schema["~standard"].validate(value)),
      },
    },
  })),
  "required is no list": rpcSuite(({ schema }) => ({
    schema: { "~standard": { ...schema["~standard"], jsonSchema: { input: () => ({ required: true }) } } },
  })),

  // Fingerprints
  "the fingerprint has the documentation": rpcSuite(() => ({ fingerprint: (input: RpcInput) => input })),
  "the fingerprint has the order": rpcSuite(() => ({
    fingerprint: ({ methods }: RpcInput) => Object.keys(methods),
  })),
  "one fingerprint for all parts": rpcSuite(() => ({ fingerprint: () => "rpc" })),
  "the fingerprint is no JSON": rpcSuite(() => ({ fingerprint: () => new Map() })),
  "the fingerprint removes the documentation from the input": rpcSuite(() => ({
    fingerprint: (input: RpcInput) => {
      Reflect.deleteProperty(input, "description");
      return input;
    },
  })),

  // Compile
  "compile returns nothing": withPart(() => undefined),
  "compile returns a list of routes": withPart(({ routes }) => routes),
  "compile never settles": rpcSuite(() => ({ compile: never })),
  "compile throws for strange methods": withPart((part, { methods }) =>
    Object.keys(methods).every((name) => /^[a-z ]+$/.test(name)) ? part : fails(),
  ),
  "an invalid part has no finding": rpcSuite((protocol) => ({
    compile: (...[input, tools]: Parameters<RpcProtocol["compile"]>) =>
      protocol.compile(input, { ...tools, addFinding: () => undefined }),
  })),
  "findings have no place in the fragment": rpcSuite((protocol) => ({
    compile: (...[input, tools]: Parameters<RpcProtocol["compile"]>) => {
      const addFinding: typeof tools.addFinding = (finding) =>
        tools.addFinding({ ...finding, jsonPath: "methods" });
      return protocol.compile(input, { ...tools, addFinding });
    },
  })),
  "a valid part has a finding": rpcSuite((protocol) => ({
    compile: (...[input, tools]: Parameters<RpcProtocol["compile"]>) => {
      tools.addFinding({ severity: "warning", code: "RPC", jsonPath: "protocol.RPC", message: "Hm." });
      return protocol.compile(input, tools);
    },
  })),
  "compile changes its input": withPart((part, input) => {
    Object.assign(input, { compiled: true });
    return part;
  }),
  "a part differs each time": withPart((part) => ({
    ...part,
    claims: part.claims?.map((claim) => ({ ...claim, shared: String(Math.random()) })),
  })),
  "faulty parts affect others": rpcSuite((protocol) => {
    let isFaulty = false;
    return {
      compile: async (...[input, tools]: Parameters<RpcProtocol["compile"]>) => {
        isFaulty ||= Object.keys(input.methods).some((name) => !/^[a-z]+$/.test(name));
        const part = await protocol.compile(input, tools);
        return isFaulty ? { ...part, routes: [] } : part;
      },
    };
  }),
  "a claim has no key": withPart((part) => ({ ...part, claims: [{ jsonPath: "protocol.RPC" }] })),
  "a claim twice": withPart((part) => ({
    ...part,
    claims: [...(part.claims ?? []), ...(part.claims ?? [])],
  })),
  "a route without handler": withRoute(() => ({ handle: undefined })),
  "an unknown method": withRoute(() => ({ method: "FETCH" })),
  "a path with an error": withRoute(({ path }) => ({ path: `${path}/:` })),
  "a route at a reserved path": withRoute(({ path }) => ({ path: `/rpc${path}` })),
  "the endpoint of another protocol": withRoute(({ endpoint }) => ({
    endpoint: { ...endpoint, jsonPath: "protocol.REST.routes[0]" },
  })),

  // Requests
  "a route is not returned": withPart((part) => ({ ...part, routes: [] })),
  "the reply is no reply": withRoute(() => ({ handle: () => ({ ok: true }) })),
  "the status is a text": withRoute(() => ({ handle: () => ({ ...jsonReply({ id: 7 }), status: "200" }) })),
  "headers in upper case": withRoute(() => ({
    handle: () => ({ ...jsonReply({ id: 7 }), headers: [["Content-Type", "application/json"]] }),
  })),
  "the wrong answer": withRoute(() => ({ handle: () => jsonReply({ id: 9 }) })),
  "errors of the service answer 200": withRoute(({ handle }) => ({
    handle: async (...[request, scope]: Parameters<HttpRoute["handle"]>) => {
      try {
        return await handle(request, scope);
      } catch {
        return jsonReply(null);
      }
    },
  })),
  "an error without code for strange bodies": withRoute(({ handle }) => ({
    handle: async (...[request, scope]: Parameters<HttpRoute["handle"]>) => {
      const body = await request.body.json();
      if (typeof body !== "object" || body === null) throw new TypeError("no object");
      return handle({ ...request, body: { ...request.body, json: async () => body } }, scope);
    },
  })),
  "the client's end is ignored": withRoute(({ handle }) => ({
    handle: (...[request, scope]: Parameters<HttpRoute["handle"]>) =>
      handle(request, { ...scope, signal: new AbortController().signal, onEnd: () => () => undefined }),
  })),
  "an undeclared source": rpcSuite((protocol) => ({
    compile: (...[input, tools]: Parameters<RpcProtocol["compile"]>) => {
      const connectors: typeof tools.connectors = {
        ...tools.connectors,
        compile: (endpoint, options) => {
          const connector = tools.connectors.compile(endpoint, options);
          if (connector === undefined) return undefined;
          const { run } = connector;
          return { ...connector, run: (scope, sources) => run(scope, { ...sources, path: {} }) };
        },
      };
      return protocol.compile(input, { ...tools, connectors });
    },
  })),

  // The whole
  "assemble returns a list": withWhole(() => () => [] as never),
  "assemble fails without parts": withWhole((protocol) => (parts, tools) => {
    if (parts.length === 0) throw new TidegateError("INTERNAL", "No parts.");
    return protocol.assemble?.(parts, tools) ?? {};
  }),
  "assemble serves other paths": withWhole((protocol) => async (parts, tools) => {
    const { routes = [] } = (await protocol.assemble?.(parts, tools)) ?? {};
    return { routes: routes.map((route) => ({ ...route, path: "/other" })) };
  }),
  "waiting claims are served": withWhole(
    (protocol) => (parts, tools) =>
      protocol.assemble?.(
        parts.map((part) => ({ ...part, waiting: new Set<string>() })),
        tools,
      ) ?? {},
  ),
  "previous is ignored": withWhole(
    (protocol) => (parts, tools) => protocol.assemble?.(parts, { ...tools, previous: undefined }) ?? {},
  ),
  "previous is always returned": withWhole(
    (protocol) => (parts, tools) => tools.previous ?? protocol.assemble?.(parts, tools) ?? {},
  ),
  "diff of equal versions": rpcSuite(() => ({
    diff: () => [{ kind: "changed", level: "safe", plugin: "RPC", label: "all" }],
  })),
  "diff lists nothing": rpcSuite(() => ({ diff: () => [] })),
  "an unknown level": rpcSuite((protocol) => ({
    diff: (...versions: Parameters<NonNullable<RpcProtocol["diff"]>>) =>
      protocol.diff?.(...versions).map((change) => ({ ...change, level: "fatal" })),
  })),
  "a document with a path": rpcSuite(() => ({ documents: () => ({ "../methods.json": "[]" }) })),
  "a document is no text": rpcSuite(() => ({ documents: () => ({ "methods.json": [] }) })),

  // Begin and end
  "start never settles": rpcSuite(() => ({ start: never })),
  "dispose of a part rejects": withPart((part) => ({
    ...part,
    dispose: () => Promise.reject(new Error("no")),
  })),
  "a timer of a part is left": withPart((part) => ({
    ...part,
    start: () => void setInterval(() => undefined, 60_000).unref(),
  })),
};
