import { nodeIds, startCluster } from "./cluster.ts";
import type { Fault } from "./fault.ts";
import { type CallCounts, callTimeout, makeLoad } from "./load.ts";
import type { TransportName } from "./network.ts";

/** The time limit in milliseconds for the recovery after a fault. */
const recoveryMs = 20_000;

/** The tolerance in milliseconds for calls that exceed their timeout, because the machine can be busy. */
const toleranceMs = 1_500;

/** The result of one run of a fault. */
export interface FaultResult extends CallCounts {
  readonly fault: string;
  readonly transport: TransportName;
  readonly seed: number;
  /**
   * Milliseconds from the end of the fault until the last failed call. Undefined without recovery within 20
   * s.
   */
  readonly recovered: number | undefined;
  /** Whether the gateway discovered exactly the running nodes after the fault. */
  readonly found: boolean;
  readonly events: boolean;
  /** The number of duplicate events and of calls that ran twice. */
  readonly twice: number;
}

/** Starts calls, injects the fault, ends it, and waits for the recovery. */
export async function runFault(fault: Fault, transport: TransportName, seed: number): Promise<FaultResult> {
  const cluster = await startCluster(transport, fault.host, fault.addresses);
  try {
    const load = makeLoad(cluster.broker);
    await load.waitUntilHealthy(nodeIds, recoveryMs);
    const random = seededRandom(seed);
    await pause(200 + 800 * random());
    const repair = await fault.begin(cluster, random);
    await pause(fault.durationMs);
    await repair();
    const recovered = await load.waitUntilHealthy(nodeIds, recoveryMs);
    const found = await cluster.observer.waitForNodes(nodeIds, recoveryMs);
    const before = cluster.observer.events();
    await pause(500);
    const counts = await load.end();
    return {
      fault: fault.name,
      transport,
      seed,
      ...counts,
      recovered,
      found,
      events: cluster.observer.events() > before,
      twice: cluster.observer.duplicates(),
    };
  } finally {
    await cluster.close();
  }
}

/** The reasons why a run failed. Empty if it passed. */
export function failuresOf(result: FaultResult): string[] {
  const { ok, hanging, longest, recovered, found, events, twice } = result;
  const checks: (readonly [failed: boolean, reason: string])[] = [
    [ok === 0, "no call was answered"],
    [hanging > 0, `${hanging} calls hang`],
    [longest > callTimeout + toleranceMs, `a call took ${Math.round(longest)} ms`],
    [recovered === undefined, "calls did not recover"],
    [!found, "the gateway did not rediscover its nodes"],
    [!events, "no events arrived after the fault"],
    [twice > 0, `${twice} events or calls were duplicated`],
  ];
  return checks.filter(([failed]) => failed).map(([, reason]) => reason);
}

/** A generator of pseudo-random numbers from 0 to 1. */
function seededRandom(seed: number): () => number {
  let state = seed + 0x9e3779b9;
  return () => {
    state = Math.imul(state ^ (state >>> 15), state | 1);
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
    return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
