/*
 * Patch: packets of other nodes cannot end the gateway (Moleculer 0.15).
 *
 * Moleculer ends the process when another node uses the same node id (`messageHandler` in `transit.js`), and
 * its registry throws, or keeps what it cannot read, for INFO packets with services, actions or names of the
 * wrong type.
 *
 * Without the patch, one faulty node ends every gateway.
 *
 * Can be removed when Moleculer validates INFO packets and reports a conflict of node ids without ending the
 * process.
 */
import { isObject } from "@tidegate/core-registry/runtime";
import type { ServiceBroker } from "moleculer";

/** Services of one node that are kept; the others are dropped. */
const maxServices = 5_000;

const maxNameLength = 256;

/** Called by the packet guard when it drops something that would harm the broker. */
export interface PacketGuardEvents {
  /** Another node uses this broker's node id. */
  idConflict(): void;
  /** A packet, or a part of one, was dropped. */
  dropped(what: string): void;
}

/**
 * Makes a broker drop faulty packets and parts of packets. Replaces methods, because no hook sees all
 * packets.
 */
export function guardPackets(broker: ServiceBroker, events: PacketGuardEvents): void {
  const { registry, transit } = broker;
  const processNodeInfo = registry.nodes.processNodeInfo.bind(registry.nodes);
  registry.nodes.processNodeInfo = (payload: unknown) => {
    if (isObject(payload) && isName(payload.sender)) return processNodeInfo(cleanInfo(payload, events));
    throw new TypeError("An INFO packet has no sender.");
  };
  if (transit === undefined) return;
  const messageHandler = transit.messageHandler.bind(transit);
  transit.messageHandler = async (command, packet) => {
    const payload: unknown = packet?.payload;
    if (
      command === "INFO" &&
      isObject(payload) &&
      payload.sender === broker.nodeID &&
      payload.instanceID !== broker.instanceID
    )
      return events.idConflict();
    try {
      return await messageHandler(command, packet);
    } catch (error) {
      events.dropped(`a ${command} packet: ${String(error)}`);
    }
  };
}

/** Returns an INFO packet with only what Moleculer's registry can read. */
function cleanInfo(payload: Record<string, unknown>, events: PacketGuardEvents): Record<string, unknown> {
  const services = Array.isArray(payload.services) ? payload.services : [];
  const clean = services.slice(0, maxServices).flatMap(cleanService);
  if (clean.length !== services.length || !Array.isArray(payload.services))
    events.dropped(`${services.length - clean.length} services of node ${String(payload.sender)}`);
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
  return [{ ...raw, actions: cleanMembers(raw.actions), events: cleanMembers(raw.events) }];
}

/** Returns actions or events by their names, which Moleculer uses as keys of plain objects. */
function cleanMembers(raw: unknown): Record<string, unknown> {
  if (!isObject(raw)) return {};
  const members = Object.values(raw).filter((member) => isObject(member) && isName(member.name));
  return Object.fromEntries(members.map((member) => [(member as { name: string }).name, member]));
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value !== "__proto__" && value.length <= maxNameLength;
}
