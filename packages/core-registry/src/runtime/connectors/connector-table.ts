import type {
  Connector,
  ConnectorOptions,
  ConnectorTable,
  EndpointConnectors,
} from "../../contracts/connector.ts";
import type { Finding } from "../../contracts/report.ts";
import { type CallPlaces, compileCall } from "./call.ts";
import { compileInline } from "./function.ts";
import type { ConnectorPlan, ConnectorTools } from "./plan.ts";
import { compilePublish } from "./publish.ts";
import { compileSubscribe } from "./subscribe.ts";

/**
 * Makes the connectors of one fragment (S2). What it compiles knows no branch, version or request: it is shared by all
 * versions that hold the fragment.
 */
export function createConnectorTable(tools: ConnectorTools): ConnectorTable {
  const sound = <Made>(options: ConnectorOptions, make: (plan: ConnectorPlan) => Made): Made | undefined => {
    let failed = false;
    const addFinding = (finding: Finding): void => {
      failed ||= finding.severity === "error";
      tools.addFinding(finding);
    };
    const made = make({ tools: { ...tools, addFinding }, options, sources: Object.keys(options.sources) });
    return failed ? undefined : made;
  };
  return {
    compile: (endpoint, options) => sound(options, (plan) => compileEndpoint(endpoint, plan)),
    subscribe: (config, options) =>
      sound(options, (plan) => compileSubscribe(config, `${options.jsonPath}.subscribe`, plan)),
  };
}

function compileEndpoint(endpoint: EndpointConnectors, plan: ConnectorPlan): Connector | undefined {
  const { options } = plan;
  if (endpoint.call !== undefined)
    return compileCall(endpoint.call, callPlaces(endpoint.short, options), plan);
  if (endpoint.publish !== undefined)
    return compilePublish(endpoint.publish, `${options.jsonPath}.publish`, plan);
  if (endpoint.map !== undefined) {
    const place = endpoint.short === "map" ? options.jsonPath : `${options.jsonPath}.map`;
    return compileMap(endpoint.map, place, plan);
  }
  return undefined;
}

function callPlaces(short: EndpointConnectors["short"], { jsonPath }: ConnectorOptions): CallPlaces {
  if (short !== undefined) return { self: jsonPath, action: `${jsonPath}.${short}`, members: jsonPath };
  return { self: `${jsonPath}.call`, action: `${jsonPath}.call.action`, members: `${jsonPath}.call` };
}

const nothing = {};

/** Compiles `map` (S2): a function of the sources. Undefined where its text has an error; that is told. */
export function compileMap(
  text: string,
  self: string,
  { tools, sources }: ConnectorPlan,
): Connector | undefined {
  const inline = compileInline(text, self, { sources, contexts: tools.contexts, own: [] }, tools);
  if (inline === undefined) return undefined;
  return {
    kind: "map",
    reads: inline.reads,
    description: { kind: "map", origin: { ...tools.origin, jsonPath: self } },
    run: (scope, given) => inline.call(scope, given, nothing),
  };
}
