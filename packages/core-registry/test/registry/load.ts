import { type Clock, systemClock } from "../../src/contracts/clock.ts";
import type { Policy } from "../../src/contracts/policy.ts";
import type { Protocol } from "../../src/contracts/protocol.ts";
import { defaultPluginTimeoutSeconds } from "../../src/runtime/boundary/guard.ts";
import type { LoadTools } from "../../src/runtime/boundary/lifecycle.ts";
import { type LoadedPolicy, loadPolicy } from "../../src/runtime/boundary/load-policy.ts";
import { type LoadedProtocol, loadProtocol } from "../../src/runtime/boundary/load-protocol.ts";

/** The tools of the plugin boundary, with the failures that nothing else reports. */
export interface TestLoadTools extends LoadTools {
  readonly failures: unknown[];
}

/** Creates the tools with which plugins are loaded (S17). */
export function loadTools(clock: Clock = systemClock): TestLoadTools {
  const failures: unknown[] = [];
  const limit = { clock, limitMs: defaultPluginTimeoutSeconds * 1_000 };
  return { limit, failures, failed: (error) => void failures.push(error) };
}

/** Loads protocols as a gateway does. */
export function loadProtocols(
  protocols: readonly Protocol[],
  tools: LoadTools = loadTools(),
): readonly LoadedProtocol[] {
  return protocols.map((protocol) => loadProtocol(protocol, tools));
}

/** Loads policies as a gateway does. */
export function loadPolicies(
  policies: readonly Policy[],
  tools: LoadTools = loadTools(),
): readonly LoadedPolicy[] {
  return policies.map((policy) => loadPolicy(policy, tools));
}
