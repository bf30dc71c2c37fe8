import type { ServiceBroker } from "moleculer";

/** A node that says it has more services shows the first of them. */
const mostServices = 5_000;

const longestName = 256;

/** What a guard tells. */
export interface GuardReports {
  /** Another node calls itself by this broker's nodeID. Moleculer would end the process. */
  conflict(): void;
  /** A packet, or a part of one, was left out. */
  refused(what: string): void;
}

/**
 * Makes a broker survive what other nodes send: an INFO packet under its own nodeID, and INFO packets whose services,
 * actions or names are not what they should be. Patches the instance: Moleculer has no hook that all packets pass.
 */
export function guardBroker(broker: ServiceBroker, reports: GuardReports): void {
  const { registry, transit } = broker;
  const processNodeInfo = registry.nodes.processNodeInfo.bind(registry.nodes);
  registry.nodes.processNodeInfo = (payload: unknown) => {
    if (isObject(payload) && isName(payload.sender)) return processNodeInfo(cleanInfo(payload, reports));
    throw new TypeError("A node's INFO packet without a sender.");
  };
  if (transit === undefined) return;
  const messageHandler = transit.messageHandler.bind(transit);
  transit.messageHandler = async (command, packet) => {
    const payload: unknown = packet?.payload;
    const own = isObject(payload) && payload.sender === broker.nodeID;
    if (command === "INFO" && own && payload.instanceID !== broker.instanceID) return reports.conflict();
    try {
      return await messageHandler(command, packet);
    } catch (error) {
      reports.refused(`a ${command} packet: ${String(error)}`);
    }
  };
}

/** An INFO packet with what Moleculer's registry relies on, and nothing that it trips over. */
function cleanInfo(payload: Record<string, unknown>, reports: GuardReports): Record<string, unknown> {
  const services = Array.isArray(payload.services) ? payload.services : [];
  const clean = services.slice(0, mostServices).flatMap(cleanService);
  if (clean.length !== services.length || !Array.isArray(payload.services))
    reports.refused(`${services.length - clean.length} services of node ${String(payload.sender)}`);
  return {
    ...payload,
    instanceID: String(payload.instanceID ?? ""),
    ipList: Array.isArray(payload.ipList) ? payload.ipList.filter((ip) => typeof ip === "string") : [],
    services: clean,
  };
}

function cleanService(raw: unknown): Record<string, unknown>[] {
  if (!isObject(raw) || !isName(raw.name)) return [];
  if (raw.fullName !== undefined && !isName(raw.fullName)) return [];
  return [{ ...raw, actions: cleanParts(raw.actions), events: cleanParts(raw.events) }];
}

/** Actions or events by their names; Moleculer keeps them as members of plain objects. */
function cleanParts(raw: unknown): Record<string, unknown> {
  if (!isObject(raw)) return {};
  const parts = Object.values(raw).filter((part) => isObject(part) && isName(part.name));
  return Object.fromEntries(parts.map((part) => [(part as { name: string }).name, part]));
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value !== "__proto__" && value.length <= longestName;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
