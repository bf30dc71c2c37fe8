import { type ManualClock, type MemoryBroker, manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { onTestFinished } from "vitest";
import type { Served } from "../../src/contracts/server.ts";
import type { Registry, RegistryOptions, VersionSwap } from "../../src/registry/contract.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { noSandbox, paths } from "./plugins.ts";

/** A fragment of the protocol of these tests: paths. */
export const fragment = (...list: unknown[]) => ({ protocol: { Paths: { paths: list } } });

/** A registry on a system in memory. */
export interface SetUp {
  readonly bus: MemoryBroker;
  readonly clock: ManualClock;
  readonly registry: Registry;
  /** Versions as they began to be served. */
  readonly mounted: VersionSwap[];
}

/** Makes a registry, stopped when the test ends. */
export function setUp(options: Partial<RegistryOptions> = {}): SetUp {
  const clock = manualClock();
  const bus = memoryBroker({ clock });
  return { bus, clock, ...registryOn(bus.broker, clock, options) };
}

/** Makes a registry on a broker. */
export function registryOn(
  broker: RegistryOptions["brokers"][number],
  clock: ManualClock,
  options: Partial<RegistryOptions> = {},
): Pick<SetUp, "registry" | "mounted"> {
  const registry = createRegistry({
    gateway: "gateway-1",
    brokers: [broker],
    protocols: [paths],
    policies: [],
    sandbox: noSandbox,
    contexts: [],
    clock,
    ...options,
  });
  const mounted: VersionSwap[] = [];
  registry.onSwap((one) => void mounted.push(one));
  onTestFinished(() => registry.stop());
  return { registry, mounted };
}

/** What a branch and tag serve, woken where it sleeps. */
export async function servedBy(registry: Registry, branch = "master", tag?: string): Promise<Served> {
  const found = registry.find(branch, tag);
  const served =
    found.version === undefined && found.recompile !== undefined ? await found.recompile() : found;
  if (served.version === undefined) throw new Error(`${branch}@${tag ?? "latest"}: ${served.missing}`);
  return served;
}

/** The endpoints that a branch serves, or why it serves none. */
export function labels(registry: Registry, branch = "master"): string[] | string {
  const served = registry.find(branch, undefined);
  return served.version === undefined ? served.missing : served.version.endpoints.map(({ label }) => label);
}
