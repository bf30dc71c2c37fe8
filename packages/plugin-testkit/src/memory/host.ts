import type { ActionDescription, Report, ServiceDescription, TidegateError } from "@tidegate/core-registry";
import { type Recorder, recorder } from "../recorder.ts";
import type { TestAction, TestEvent, TestListener, TestService } from "../service.ts";
import { matches } from "./match.ts";

/** A node from inside: what runs on it. */
export interface Host {
  /** Its id. */
  readonly id: string;
  /** Where it runs. */
  readonly hostname: string;
  /** Its services by full name. */
  readonly services: Map<string, TestService>;
  /** Running calls, each with what makes it fail. */
  readonly running: Set<(error: TidegateError) => void>;
  /** Reports that it was given. */
  readonly reports: Recorder<Report>;
}

/** Makes an empty node. */
export function createHost(id: string, hostname: string): Host {
  return { id, hostname, services: new Map(), running: new Set(), reports: recorder("report") };
}

/** What a node offers under an action's full name, or undefined. */
export function findAction(host: Host, name: string): TestAction | undefined {
  const dot = name.lastIndexOf(".");
  const actions = host.services.get(name.slice(0, dot))?.actions ?? {};
  const short = name.slice(dot + 1);
  if (!Object.hasOwn(actions, short)) return undefined;
  const action = actions[short];
  return typeof action === "function" ? { handler: action } : action;
}

/** What the sink is told of a service. */
export function describeService(service: TestService): ServiceDescription {
  const { name, metadata, fragment, revision, exposed } = service;
  return {
    name,
    ...(metadata !== undefined && { metadata }),
    ...(fragment !== undefined && { fragment }),
    ...(revision !== undefined && { revision }),
    ...(exposed !== undefined && { exposed }),
    actions: Object.entries(service.actions ?? {}).map(([short, action]): ActionDescription => {
      if (typeof action === "function") return { name: `${name}.${short}` };
      const { handler: _, ...declared } = action;
      return { name: `${name}.${short}`, ...declared };
    }),
    events: Object.keys(service.events ?? {}),
  };
}

/** Gives an event to the listeners of all nodes: one node of each group, or every one where it is broadcast. */
export function deliver(
  hosts: Iterable<Host>,
  packet: Omit<TestEvent, "node">,
  groups: readonly string[] | undefined,
): void {
  const served = new Set<string>();
  for (const host of hosts) {
    const here = new Set<string>();
    for (const service of [...host.services.values()]) {
      for (const [pattern, listening] of Object.entries(service.events ?? {})) {
        const listener: TestListener = typeof listening === "function" ? { handler: listening } : listening;
        const group = listener.group ?? service.name;
        if (groups !== undefined && !groups.includes(group)) continue;
        if (!packet.broadcast && served.has(group)) continue;
        if (!matches(pattern, packet.event)) continue;
        here.add(group);
        listener.handler({ ...packet, node: host.id });
      }
    }
    for (const group of here) served.add(group);
  }
}
