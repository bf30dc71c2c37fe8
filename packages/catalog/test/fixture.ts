import type {
  ActionEntry,
  Broker,
  ConnectorDescription,
  DirectorySnapshot,
  Endpoint,
  JsonSchema,
  Method,
  Version,
} from "@tidegate/core-registry";

const hash = "a".repeat(32);

const broker: Broker = {
  contract: 2,
  name: "none",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
};

/** A directory with the given actions and their declared params. */
export function directoryOf(actions: Readonly<Record<string, JsonSchema | undefined>>): DirectorySnapshot {
  return {
    branch: "master",
    action: (name) => (name in actions ? entry(name, actions[name]) : undefined),
    service: () => undefined,
    services: () => [],
  };
}

function entry(name: string, params: JsonSchema | undefined): ActionEntry {
  const service = name.slice(0, name.lastIndexOf("."));
  return { name, service, broker, published: true, state: "up", ...(params !== undefined && { params }) };
}

/** A REST endpoint with one `call` connector. */
export function endpointOf(
  label: string,
  connector: Partial<ConnectorDescription> = {},
  more: Partial<Endpoint> = {},
): Endpoint {
  const [method = "", path = ""] = label.split(" ");
  const origin = { service: "player", hash, jsonPath: "protocol.REST.routes[0]" };
  const other = method === "GET" || method === "DELETE" ? "query" : "body";
  return {
    protocol: "REST",
    key: label,
    label,
    connectors: [
      {
        kind: "call",
        origin,
        action: "player.get",
        implicitParams: true,
        implicitSources: ["path", other],
        rules: [],
        ...connector,
      },
    ],
    origin,
    http: { method: methodOf(method), path },
    group: { name: "player", description: "Players." },
    fingerprint: label,
    ...more,
  };
}

/** A version with the given endpoints. */
export function versionOf(endpoints: readonly Endpoint[]): Version {
  return {
    id: hash,
    name: hash.slice(0, 8),
    fragments: [],
    routes: [],
    endpoints,
    rules: { ownerRules: () => undefined },
    protocols: new Map(),
    routeOrigin: () => undefined,
  };
}

function methodOf(text: string): Method {
  const method = (["GET", "POST", "PUT", "PATCH", "DELETE"] as const).find((one) => one === text);
  if (method === undefined) throw new Error(`no method: ${text}`);
  return method;
}
