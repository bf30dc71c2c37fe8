import type { BrokerHealth, BrokerSink, CallRequest, Clock, PublishRequest } from "@tidegate/core-registry";
import { type Recorder, recorder } from "../recorder.ts";
import type { TestService } from "../service.ts";
import { deliver, describeService, findAction, type Host } from "./host.ts";
import { matches } from "./match.ts";
import type { Asked } from "./peers.ts";
import { gatewayGroup, type RecordedCall } from "./types.ts";

/** What all gateways of a system in memory share. */
export interface System {
  /** Its name in reports. */
  readonly name: string;
  /** Decides about timeouts. */
  readonly clock: Clock;
  /** The nodes that are there, by id. */
  readonly hosts: Map<string, Host>;
  /** The gateways that have started. */
  readonly connected: Set<Connected>;
  /** Calls that reached an action. */
  readonly calls: Recorder<RecordedCall>;
  /** What gateways published. */
  readonly published: Recorder<PublishRequest>;
  /** How many calls reached a node, by action. */
  readonly counts: Map<string, Map<string, number>>;
  /** Whose turn it is, by action. */
  readonly turns: Map<string, number>;
  /** How the system does. */
  health: BrokerHealth;
}

/** A gateway that has started, as its system sees it. */
export interface Connected extends Asked {
  /** Where it is told. */
  readonly sink: BrokerSink;
  /** The events that it wants. */
  readonly patterns: () => readonly string[] | undefined;
}

/** Makes a system without nodes and gateways. */
export function createSystem(name: string, clock: Clock): System {
  return {
    name,
    clock,
    hosts: new Map(),
    connected: new Set(),
    calls: recorder("call"),
    published: recorder("publication"),
    counts: new Map(),
    turns: new Map(),
    health: { state: "up", since: clock.now() },
  };
}

/** Tells every gateway of a service that is on a node. */
export function tellUp(system: System, host: Host, service: TestService): void {
  for (const { sink } of [...system.connected]) tell(sink, host, service);
}

/** Tells every gateway of a service that is no longer on a node. */
export function tellDown(system: System, service: string, node: string, how: "left" | "lost"): void {
  for (const { sink } of [...system.connected]) sink.serviceDown(service, node, how);
}

/** Tells one gateway of everything that is there. */
export function tellAll(system: System, sink: BrokerSink): void {
  for (const host of system.hosts.values())
    for (const service of host.services.values()) tell(sink, host, service);
}

/** Chooses the node of a call: each that can answer in its turn. */
export function pick({ hosts, turns }: System, { action, nodes }: CallRequest): Host | undefined {
  const able = [...hosts.values()].filter(
    (host) => (nodes === undefined || nodes.includes(host.id)) && findAction(host, action) !== undefined,
  );
  const turn = turns.get(action) ?? 0;
  turns.set(action, turn + 1);
  return able[turn % able.length];
}

/** Delivers an event to the nodes, and to every gateway that wants it: each is a group of its own (S13.1). */
export function send(system: System, request: PublishRequest, from?: string): void {
  const { event, params: payload, groups, broadcast } = request;
  deliver(system.hosts.values(), { event, payload, broadcast }, groups);
  if (event.startsWith("$") || (groups !== undefined && !groups.includes(gatewayGroup))) return;
  for (const { sink, patterns } of [...system.connected])
    if (patterns()?.some((pattern) => matches(pattern, event)))
      sink.event({ event, payload, broadcast, ...(groups && { groups }), ...(from && { node: from }) });
}

function tell(sink: BrokerSink, host: Host, service: TestService): void {
  sink.serviceUp(describeService(service), { id: host.id, hostname: host.hostname });
}
