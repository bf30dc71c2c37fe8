import { isMembers, isTexts } from "../suite/values.ts";

const methods: readonly unknown[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Describes what is wrong with a compiled or assembled part; undefined where its shape is right. */
export function partProblem(part: unknown): string | undefined {
  if (!isMembers(part))
    return `no object with \`routes\`, but ${Array.isArray(part) ? "a list" : String(part)}`;
  const { routes = [], claims = [], start, dispose } = part;
  if (!Array.isArray(routes)) return "`routes` is no list";
  if (!Array.isArray(claims)) return "`claims` is no list";
  for (const member of [start, dispose])
    if (member !== undefined && typeof member !== "function") return "`start` or `dispose` is no function";
  return first("routes", routes, routeProblem) ?? first("claims", claims, claimProblem);
}

/** Describes what is wrong with the changes of `diff`. */
export function changesProblem(changes: unknown): string | undefined {
  return Array.isArray(changes) ? first("changes", changes, changeProblem) : "no list of changes";
}

/** Describes what is wrong with a reply of a route; undefined where a server can send it. */
export function replyProblem(reply: unknown): string | undefined {
  if (!isMembers(reply)) return `no reply, but ${String(reply)}`;
  const { status, headers, body } = reply;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599)
    return `\`status\` is ${String(status)}, which is no number from 200 to 599`;
  if (!Array.isArray(headers)) return "`headers` is no list";
  const invalid = headers.find((header) => !isHeader(header));
  if (invalid !== undefined) return `${JSON.stringify(invalid)} is no header with a name in lower case`;
  const isBody = body === null || typeof body === "string" || body instanceof Uint8Array || isStream(body);
  return isBody ? undefined : "`body` is no text, bytes, stream or null";
}

function isHeader(header: unknown): boolean {
  if (!isTexts(header) || header.length !== 2) return false;
  const [name = "", value = ""] = header;
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !/[\r\n\0]/.test(value);
}

function isStream(body: unknown): boolean {
  return isMembers(body) && typeof body.pipe === "function";
}

function first(
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
  if (!isMembers(route)) return "is no route";
  const { kind, method, path, handle, accept, open, endpoint, needs } = route;
  if (kind !== "http" && kind !== "websocket") return "has a `kind` that is neither `http` nor `websocket`";
  if (typeof path !== "string" || !path.startsWith("/")) return "has no `path` that begins with a slash";
  if (kind === "http" && !methods.includes(method)) return `has the method ${String(method)}`;
  const functions = kind === "http" ? [handle] : [accept, open];
  if (functions.some((member) => typeof member !== "function"))
    return "has no function `handle`, or `accept` and `open`";
  return needsProblem(needs) ?? endpointProblem(endpoint);
}

function claimProblem(claim: unknown): string | undefined {
  if (!isMembers(claim)) return "is no claim";
  const { key, jsonPath, label = "", shared = "", needs, endpoint } = claim;
  if (typeof key !== "string" || key === "") return "has no `key`";
  if (typeof jsonPath !== "string") return "has no `jsonPath`";
  if (typeof label !== "string" || typeof shared !== "string")
    return "has a `label` or `shared` that is no text";
  return needsProblem(needs) ?? endpointProblem(endpoint);
}

function needsProblem(needs: unknown): string | undefined {
  if (needs === undefined) return undefined;
  const isValid = Array.isArray(needs) && needs.every((need) => typeof need === "string" || isTexts(need));
  return isValid ? undefined : "has `needs` that are no list of keys";
}

function endpointProblem(endpoint: unknown): string | undefined {
  if (endpoint === undefined) return undefined;
  if (!isMembers(endpoint) || typeof endpoint.jsonPath !== "string")
    return "has an `endpoint` without `jsonPath`";
  const { description = "", fingerprint = "", connectors = [] } = endpoint;
  if (typeof description !== "string" || typeof fingerprint !== "string")
    return "has an `endpoint` whose `description` or `fingerprint` is no text";
  return Array.isArray(connectors) && connectors.every(isMembers)
    ? undefined
    : "has `endpoint.connectors` that are no list of descriptions";
}

function changeProblem(change: unknown): string | undefined {
  if (!isMembers(change)) return "is no change";
  const { kind, level, plugin, label, detail = "", service = "" } = change;
  if (!["added", "removed", "changed"].includes(String(kind))) return `has the kind ${String(kind)}`;
  if (!["safe", "dangerous", "breaking"].includes(String(level))) return `has the level ${String(level)}`;
  return [plugin, label, detail, service].every((text) => typeof text === "string")
    ? undefined
    : "has a `plugin`, `label`, `detail` or `service` that is no text";
}
