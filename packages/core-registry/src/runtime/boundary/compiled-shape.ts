import { describeValue } from "../values.ts";
import { isJson } from "./lifecycle.ts";

const methods: readonly unknown[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

type Members = Readonly<Record<string, unknown>>;

/** Describes what is wrong with the result of `Protocol.compile`; undefined where its shape is right. */
export function compiledProblem(value: unknown): string | undefined {
  if (!isMembers(value)) return `it returned ${describeValue(value)} instead of a compiled part.`;
  const { routes = [], claims = [], start, dispose } = value;
  if (!Array.isArray(routes)) return `\`routes\` is ${describeValue(routes)} instead of a list.`;
  if (!Array.isArray(claims)) return `\`claims\` is ${describeValue(claims)} instead of a list.`;
  for (const [name, member] of Object.entries({ start, dispose }))
    if (member !== undefined && typeof member !== "function") return `\`${name}\` is not a function.`;
  return firstProblem("routes", routes, routeProblem) ?? firstProblem("claims", claims, claimProblem);
}

/** Describes what is wrong with the result of `Protocol.assemble`; undefined where its shape is right. */
export function assembledProblem(value: unknown): string | undefined {
  if (!isMembers(value)) return `it returned ${describeValue(value)} instead of an object with \`routes\`.`;
  const { routes = [] } = value;
  if (!Array.isArray(routes)) return `\`routes\` is ${describeValue(routes)} instead of a list.`;
  return firstProblem("routes", routes, routeProblem);
}

/** Describes what is wrong with the result of `Protocol.diff`. */
export function changesProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `it returned ${describeValue(value)} instead of a list of changes.`;
  return firstProblem("changes", value, changeProblem);
}

/** Describes what is wrong with the result of `Protocol.documents`. */
export function documentsProblem(value: unknown): string | undefined {
  if (!isMembers(value)) return `it returned ${describeValue(value)} instead of texts by file name.`;
  for (const [name, text] of Object.entries(value)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return `${JSON.stringify(name)} is no file name.`;
    if (typeof text !== "string")
      return `the document \`${name}\` is ${describeValue(text)} instead of a text.`;
  }
  return undefined;
}

function firstProblem(
  list: string,
  items: readonly unknown[],
  problemOf: (item: unknown) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item);
    if (problem !== undefined) return `\`${list}[${index}]\` ${problem}`;
  }
  return undefined;
}

function routeProblem(route: unknown): string | undefined {
  if (!isMembers(route)) return `is ${describeValue(route)} instead of a route.`;
  const { kind, method, path, handle, accept, open, endpoint, needs, fingerprint } = route;
  if (kind !== "http" && kind !== "websocket") return "has a `kind` that is neither `http` nor `websocket`.";
  if (typeof path !== "string" || !path.startsWith("/")) return "has no `path` that begins with a slash.";
  if (kind === "http" && !methods.includes(method)) return `has the method ${String(method)}.`;
  if (kind === "http" && typeof handle !== "function") return "has no function `handle`.";
  if (kind === "websocket" && (typeof accept !== "function" || typeof open !== "function"))
    return "has no functions `accept` and `open`.";
  if (fingerprint !== undefined && typeof fingerprint !== "string")
    return "has a `fingerprint` that is no text.";
  return needsProblem(needs) ?? (endpoint === undefined ? undefined : endpointProblem(endpoint));
}

function claimProblem(claim: unknown): string | undefined {
  if (!isMembers(claim)) return `is ${describeValue(claim)} instead of a claim.`;
  const { key, label, jsonPath, locate, shared, needs, endpoint } = claim;
  if (typeof key !== "string" || key === "") return "has no `key`.";
  if (typeof jsonPath !== "string") return "has no `jsonPath`.";
  if (locate !== undefined && typeof locate !== "function") return "has a `locate` that is no function.";
  for (const [name, text] of Object.entries({ label, shared }))
    if (text !== undefined && typeof text !== "string") return `has a \`${name}\` that is no text.`;
  return needsProblem(needs) ?? (endpoint === undefined ? undefined : endpointProblem(endpoint));
}

function needsProblem(needs: unknown): string | undefined {
  if (needs === undefined) return undefined;
  const isKeys = (need: unknown): boolean =>
    typeof need === "string" || (Array.isArray(need) && need.every((key) => typeof key === "string"));
  return Array.isArray(needs) && needs.every(isKeys) ? undefined : "has `needs` that are no list of keys.";
}

function endpointProblem(endpoint: unknown): string | undefined {
  if (!isMembers(endpoint)) return `has an \`endpoint\` that is ${describeValue(endpoint)}.`;
  const { jsonPath, description, connectors, group, fingerprint } = endpoint;
  if (typeof jsonPath !== "string") return "has an `endpoint` without `jsonPath`.";
  for (const [name, text] of Object.entries({ description, fingerprint }))
    if (text !== undefined && typeof text !== "string") return `has an \`endpoint.${name}\` that is no text.`;
  if (group !== undefined && !(isMembers(group) && typeof group.name === "string"))
    return "has an `endpoint.group` without a name.";
  const isList = connectors === undefined || (Array.isArray(connectors) && connectors.every(isConnector));
  return isList ? undefined : "has `endpoint.connectors` that are no list of connector descriptions.";
}

// Descriptions come from the core's connectors: a plugin passes them on.
function isConnector(value: unknown): boolean {
  return isMembers(value) && typeof value.kind === "string" && isMembers(value.origin);
}

const changeKinds: readonly unknown[] = ["added", "removed", "changed"];
const changeLevels: readonly unknown[] = ["safe", "dangerous", "breaking"];

function changeProblem(change: unknown): string | undefined {
  if (!isMembers(change)) return `is ${describeValue(change)} instead of a change.`;
  const { kind, plugin, label, level, detail, service } = change;
  if (!changeKinds.includes(kind)) return `has the kind ${JSON.stringify(kind)}.`;
  if (!changeLevels.includes(level)) return `has the level ${JSON.stringify(level)}.`;
  if (typeof plugin !== "string" || typeof label !== "string") return "has no `plugin` and `label`.";
  return isJson([detail ?? null, service ?? null])
    ? undefined
    : "has a `detail` or `service` that is no text.";
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
