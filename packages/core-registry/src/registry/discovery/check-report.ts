import { isObject } from "../../runtime/values.ts";

/**
 * Describes what is wrong with what a broker reports about a service (S17); undefined where its shape is
 * right. What the service itself publishes, such as its fragment, is checked later.
 */
export function reportProblem(service: unknown, node: unknown): string | undefined {
  if (!isObject(service)) return "the service is no object";
  const { name, actions, events, metadata, revision, exposed } = service;
  if (typeof name !== "string") return "the service has no `name`";
  if (!isObject(node) || typeof node.id !== "string" || node.id === "")
    return `the node of '${name}' has no \`id\``;
  if (!Array.isArray(actions) || !actions.every(isAction))
    return `\`actions\` of '${name}' is no list of actions with names`;
  if (!Array.isArray(events) || !events.every((event) => typeof event === "string"))
    return `\`events\` of '${name}' is no list of names`;
  if (metadata !== undefined && !isObject(metadata)) return `\`metadata\` of '${name}' is no object`;
  if (revision !== undefined && !(typeof revision === "number" && Number.isFinite(revision)))
    return `\`revision\` of '${name}' is no number`;
  return exposed === undefined || typeof exposed === "boolean"
    ? undefined
    : `\`exposed\` of '${name}' is no boolean`;
}

/** Describes what is wrong with an event that a broker delivers. */
export function eventProblem(packet: unknown): string | undefined {
  if (!isObject(packet)) return "the event is no object";
  if (typeof packet.event !== "string" || packet.event === "") return "the event has no name";
  const { groups } = packet;
  const areGroups =
    groups === undefined || (Array.isArray(groups) && groups.every((one) => typeof one === "string"));
  return areGroups ? undefined : `\`groups\` of the event '${packet.event}' is no list of names`;
}

/** Describes what is wrong with what a broker reports about its own connection. */
export function connectionProblem(state: unknown): string | undefined {
  return state === "up" || state === "lost" ? undefined : "the state is neither `up` nor `lost`";
}

function isAction(action: unknown): boolean {
  if (!isObject(action) || typeof action.name !== "string") return false;
  const { params, published, idempotent } = action;
  return (params === undefined || isObject(params)) && [published, idempotent].every(isOptionalBoolean);
}

function isOptionalBoolean(value: unknown): boolean {
  return value === undefined || typeof value === "boolean";
}
