import type { ActionDescription, Report, ServiceDescription, TidegateError } from "@tidegate/core-registry";
import type { Recorder } from "../recorder.ts";
import type { TestAction, TestService } from "../service.ts";

/** A node with its services, running calls and received reports. */
export interface NodeState {
  readonly id: string;
  readonly hostname: string;
  /** The services by their full names. */
  readonly services: Map<string, TestService>;
  /** For each running call a function that makes it fail. */
  readonly running: Set<(error: TidegateError) => void>;
  readonly reports: Recorder<Report>;
}

/** Finds an action of a node by its full name. */
export function findAction(node: NodeState, name: string): TestAction | undefined {
  const dot = name.lastIndexOf(".");
  const actions = node.services.get(name.slice(0, dot))?.actions ?? {};
  const shortName = name.slice(dot + 1);
  if (!Object.hasOwn(actions, shortName)) return undefined;
  const action = actions[shortName];
  return typeof action === "function" ? { handler: action } : action;
}

/** Describes a service for the broker's sink. */
export function describeService(service: TestService): ServiceDescription {
  const { name, metadata, fragment, revision, exposed } = service;
  return {
    name,
    ...(metadata !== undefined && { metadata }),
    ...(fragment !== undefined && { fragment }),
    ...(revision !== undefined && { revision }),
    ...(exposed !== undefined && { exposed }),
    actions: Object.entries(service.actions ?? {}).map(([shortName, action]): ActionDescription => {
      if (typeof action === "function") return { name: `${name}.${shortName}` };
      const { handler: _, ...declared } = action;
      return { name: `${name}.${shortName}`, ...declared };
    }),
    events: Object.keys(service.events ?? {}),
  };
}
