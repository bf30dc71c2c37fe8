import type {
  Connector,
  ConnectorOptions,
  ConnectorTable,
  EndpointConnectors,
} from "../../contracts/connector.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Finding } from "../../contracts/report.ts";
import { type CallPaths, compileCall } from "./call.ts";
import { compileConnectorFunction } from "./function.ts";
import type { ConnectorPlan, ConnectorTools } from "./plan.ts";
import { compilePublish } from "./publish.ts";
import { compileSubscribe } from "./subscribe.ts";

/**
 * Creates the table that compiles the connectors of one fragment (S2). Compiled connectors are independent of
 * branches, versions and requests: all versions that contain the fragment share them.
 */
export function createConnectorTable(tools: ConnectorTools): ConnectorTable {
  return {
    compile: (endpoint, options) =>
      compileUnlessFaulty(tools, options, (plan) => compileEndpoint(endpoint, plan)),
    subscribe: (config, options) =>
      compileUnlessFaulty(tools, options, (plan) =>
        compileSubscribe(config, `${options.jsonPath}.subscribe`, plan),
      ),
  };
}

/** Returns the compiled connector; undefined where compiling it added an error. */
function compileUnlessFaulty<Compiled>(
  tools: ConnectorTools,
  options: ConnectorOptions,
  compile: (plan: ConnectorPlan) => Compiled,
): Compiled | undefined {
  let isFaulty = false;
  const addFinding = (finding: Finding): void => {
    isFaulty ||= finding.severity === "error";
    tools.addFinding(finding);
  };
  const sources = declaredSources(tools, options);
  const compiled = compile({
    tools: { ...tools, addFinding },
    options: {
      ...options,
      sources,
      implicit: options.implicit ?? [],
      batching: options.batching ?? false,
      known: options.known ?? {},
    },
    sources,
  });
  return isFaulty ? undefined : compiled;
}

function declaredSources(
  { sources: declared }: ConnectorTools,
  { sources = Object.keys(declared), implicit = [] }: ConnectorOptions,
): readonly string[] {
  const unknown = [...sources, ...implicit].find((name) => !Object.hasOwn(declared, name));
  if (unknown === undefined) return sources;
  throw new TidegateError("PLUGIN_INVALID", `The protocol does not declare the source '${unknown}'.`);
}

function compileEndpoint(endpoint: EndpointConnectors, plan: ConnectorPlan): Connector | undefined {
  const { jsonPath } = plan.options;
  if (endpoint.call !== undefined)
    return compileCall(endpoint.call, callPaths(endpoint.short, jsonPath), plan);
  if (endpoint.publish !== undefined) return compilePublish(endpoint.publish, `${jsonPath}.publish`, plan);
  if (endpoint.map !== undefined)
    return compileMap(endpoint.map, endpoint.short === "map" ? jsonPath : `${jsonPath}.map`, plan);
  return undefined;
}

function callPaths(short: EndpointConnectors["short"], jsonPath: string): CallPaths {
  if (short !== undefined) return { connector: jsonPath, action: `${jsonPath}.${short}`, members: jsonPath };
  return { connector: `${jsonPath}.call`, action: `${jsonPath}.call.action`, members: `${jsonPath}.call` };
}

const noValues = {};

/**
 * Compiles `map` (S2), a function of the sources. Returns undefined, and adds a finding, where its text has
 * an error.
 */
function compileMap(
  text: string,
  jsonPath: string,
  { tools, options, sources }: ConnectorPlan,
): Connector | undefined {
  const argument = { sources, contexts: tools.contexts, values: [], known: options.known };
  const map = compileConnectorFunction(text, jsonPath, argument, tools);
  if (map === undefined) return undefined;
  return {
    kind: "map",
    reads: map.reads,
    description: { kind: "map", origin: { ...tools.origin, jsonPath } },
    run: (scope, values) => map.call(scope, values, noValues),
  };
}
