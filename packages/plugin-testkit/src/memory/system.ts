import type {
  BrokerHealth,
  BrokerSink,
  CallRequest,
  Clock,
  PeerHandlers,
  PublishRequest,
} from "@tidegate/core-registry";
import { nameMatcher } from "@tidegate/core-registry/runtime";
import { type Recorder, recorder } from "../recorder.ts";
import type { TestEvent, TestListener, TestService } from "../service.ts";
import { describeService, findAction, type NodeState } from "./node.ts";
import { gatewayGroup, type RecordedCall } from "./types.ts";

/** The state that all gateways of a system in memory share. */
export interface MemorySystem {
  readonly name: string;
  readonly clock: Clock;
  /** The nodes that have joined, by id. */
  readonly nodes: Map<string, NodeState>;
  readonly gateways: Set<ConnectedGateway>;
  /** Calls that reached an action, oldest first. */
  readonly calls: Recorder<RecordedCall>;
  /** Events that gateways published, oldest first. */
  readonly published: Recorder<PublishRequest>;
  /** Number of calls by action and node. */
  readonly counts: Map<string, Map<string, number>>;
  /** Position of the round robin, by action. */
  readonly turns: Map<string, number>;
  health: BrokerHealth;
}

/** A gateway that other gateways can ask. */
export interface Peer {
  /** The id of the gateway's node. */
  readonly node: string;
  readonly answers: () => PeerHandlers;
}

/** A started gateway, to which the system sends services and events. */
export interface ConnectedGateway extends Peer {
  readonly sink: BrokerSink;
  /** The event patterns that it subscribed to. */
  readonly patterns: () => readonly string[] | undefined;
}

/** Creates a system without nodes and gateways. */
export function createSystem(name: string, clock: Clock): MemorySystem {
  return {
    name,
    clock,
    nodes: new Map(),
    gateways: new Set(),
    calls: recorder("call"),
    published: recorder("publication"),
    counts: new Map(),
    turns: new Map(),
    health: { state: "up", since: clock.now() },
  };
}

/** Announces a service of a node to every gateway. */
export function announceUp(system: MemorySystem, node: NodeState, service: TestService): void {
  for (const { sink } of [...system.gateways]) serviceUp(sink, node, service);
}

/** Announces to every gateway that a node no longer has a service. */
export function announceDown(
  system: MemorySystem,
  service: string,
  node: string,
  reason: "left" | "lost",
): void {
  for (const { sink } of [...system.gateways]) sink.serviceDown(service, node, reason);
}

/** Announces to every gateway that its connection is lost, or back (S9.3). */
export function announceConnection(system: MemorySystem, state: "up" | "lost"): void {
  for (const { sink } of [...system.gateways]) sink.connectionChanged?.(state);
}

/** Announces all services of all nodes to one gateway. */
export function announceAll(system: MemorySystem, sink: BrokerSink): void {
  for (const node of system.nodes.values())
    for (const service of node.services.values()) serviceUp(sink, node, service);
}

function serviceUp(sink: BrokerSink, node: NodeState, service: TestService): void {
  sink.serviceUp(describeService(service), { id: node.id, hostname: node.hostname });
}

/** Selects the node for a call, in turn. */
export function selectNode(
  { nodes, turns }: MemorySystem,
  { action, nodes: allowed }: CallRequest,
): NodeState | undefined {
  const candidates = [...nodes.values()].filter(
    (node) => (allowed === undefined || allowed.includes(node.id)) && findAction(node, action) !== undefined,
  );
  const turn = turns.get(action) ?? 0;
  turns.set(action, turn + 1);
  return candidates[turn % candidates.length];
}

/**
 * Delivers an event to the nodes, and to every gateway that subscribed to it: each is a group of its own
 * (S13.1).
 */
export function sendEvent(system: MemorySystem, request: PublishRequest, from?: string): void {
  const { event, params: payload, groups, broadcast } = request;
  deliverToNodes(system.nodes.values(), { event, payload, broadcast }, groups);
  if (event.startsWith("$") || (groups !== undefined && !groups.includes(gatewayGroup))) return;
  for (const { sink, patterns } of [...system.gateways])
    if (patterns()?.some((pattern) => nameMatcher(pattern)(event)))
      sink.event({ event, payload, broadcast, ...(groups && { groups }), ...(from && { node: from }) });
}

/** An emitted event goes to one node of each group, a broadcast to every node. */
function deliverToNodes(
  nodes: Iterable<NodeState>,
  packet: Omit<TestEvent, "node">,
  groups: readonly string[] | undefined,
): void {
  const servedGroups = new Set<string>();
  for (const node of nodes) {
    const groupsOfNode = new Set<string>();
    for (const service of [...node.services.values()]) {
      for (const [pattern, entry] of Object.entries(service.events ?? {})) {
        const listener: TestListener = typeof entry === "function" ? { handler: entry } : entry;
        const group = listener.group ?? service.name;
        if (groups !== undefined && !groups.includes(group)) continue;
        if (!packet.broadcast && servedGroups.has(group)) continue;
        if (!nameMatcher(pattern)(packet.event)) continue;
        groupsOfNode.add(group);
        listener.handler({ ...packet, node: node.id });
      }
    }
    for (const group of groupsOfNode) servedGroups.add(group);
  }
}
