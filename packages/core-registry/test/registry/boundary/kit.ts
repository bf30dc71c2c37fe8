import { type ManualClock, type MemoryBroker, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type { ContextFactory } from "../../../src/contracts/context.ts";
import { definePolicy, defineProtocol } from "../../../src/contracts/define-plugin.ts";
import type { Policy } from "../../../src/contracts/policy.ts";
import type { Protocol } from "../../../src/contracts/protocol.ts";
import type { Report } from "../../../src/contracts/report.ts";
import type { Sandbox } from "../../../src/contracts/sandbox.ts";
import type { Registry, RegistryOptions } from "../../../src/registry/contract.ts";
import { createRegistry } from "../../../src/registry/registry.ts";

/** The part of the protocols of these tests: paths that call one action each. */
export interface PathsInput {
  readonly paths: readonly string[];
  readonly action?: string | undefined;
}

const schema = z.strictObject({ paths: z.array(z.string()), action: z.string().optional() });

/** A protocol whose routes call an action, changed by the members of `broken`. */
export function pathsProtocol(
  name: string,
  broken: Partial<Protocol<PathsInput>> = {},
): Protocol<PathsInput> {
  return defineProtocol<PathsInput>({
    name,
    schema,
    sources: { path: { values: "text", fromClient: true } },
    compile: (input, tools) => ({
      routes: input.paths.map((path, index) => {
        const jsonPath = `${tools.origin.jsonPath}.paths[${index}]`;
        const action = input.action ?? `${tools.origin.service}.get`;
        const connector = tools.connectors.compile({ call: { action } }, { jsonPath });
        return {
          kind: "http" as const,
          method: "GET" as const,
          path,
          endpoint: { jsonPath, connectors: connector === undefined ? [] : [connector.description] },
          handle: async (_request, scope) => {
            const value = await connector?.run(scope, {});
            return { status: 200, headers: [], body: JSON.stringify(value ?? null) };
          },
        };
      }),
    }),
    ...broken,
  });
}

/** A policy with the rule member of its name that allows everything, changed by the members of `broken`. */
export function anyPolicy(name: string, broken: Partial<Policy> = {}): Policy {
  return definePolicy({
    name,
    members: [name],
    schema: z.looseObject({}),
    compile: () => ({ decide: () => true }),
    ...broken,
  });
}

/** A log that keeps its lines. */
export interface Log {
  readonly lines: readonly string[];
}

export interface PluginSetUp extends Log {
  readonly bus: MemoryBroker;
  readonly clock: ManualClock;
  readonly registry: Registry;
  /** Publishes a fragment of a service on a node of its own, with the action `get`. */
  publish(service: string, fragment: unknown): void;
  /** The report that the service's node received last. */
  reportOf(service: string): Report | undefined;
  /** Labels of what master serves. */
  served(): readonly string[];
}

/** Starts a registry with plugins on a system in memory; it is stopped when the test ends. */
export async function setUpPlugins(
  options: Partial<RegistryOptions> & { readonly contexts?: readonly ContextFactory[] } = {},
): Promise<PluginSetUp> {
  const clock = manualClock();
  const bus = memoryBroker({ clock });
  const lines: string[] = [];
  const log = (message: unknown): void => void lines.push(String(message));
  const registry = createRegistry({
    gateway: "gateway-1",
    brokers: [bus.broker],
    protocols: [pathsProtocol("Paths")],
    policies: [],
    sandbox: noFunctions,
    contexts: [],
    clock,
    logger: { debug: () => undefined, info: () => undefined, warn: log, error: log },
    ...options,
  });
  onTestFinished(() => registry.stop());
  await registry.start();
  return {
    bus,
    clock,
    registry,
    lines,
    publish: (service, fragment) =>
      bus.node(`node-${service}`).publish({ name: service, fragment, actions: { get: () => service } }),
    reportOf: (service) => bus.node(`node-${service}`).reports.at(-1),
    served: () => {
      const { version } = registry.find("master", undefined);
      return version === undefined ? [] : version.endpoints.map(({ label }) => label);
    },
  };
}

const noFunctions: Sandbox = {
  contract: 2,
  check: () => ({ ok: true, problems: [], reads: "all", sync: true, volatile: false }),
  compile: () => {
    throw new TypeError("No function is compiled in this test.");
  },
  start: async () => undefined,
  stop: async () => undefined,
};
