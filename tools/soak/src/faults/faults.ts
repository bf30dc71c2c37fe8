import { type Fault, killedNode, killedServer, lostServer, networkFaults } from "./fault.ts";
import { missingNamespace, runInNamespace } from "./namespace.ts";
import type { TransportName } from "./place.ts";
import { type FaultResult, runFault } from "./run.ts";
import { missingServer } from "./server.ts";

/** How much is broken. */
export interface FaultsOptions {
  /** How often each fault happens, each time at another moment. */
  readonly seeds: number;
  /** Takes each result. */
  readonly progress?: (result: FaultResult) => void;
}

/** What came of it. */
export interface FaultsResult {
  /** Each run. */
  readonly results: readonly FaultResult[];
  /** What was left out, and why. */
  readonly leftOut: readonly string[];
}

/**
 * Breaks nodes, servers and networks under 200 calls a second, each again and again (S9.3, S9.7): a node killed; NATS and Redis killed
 * and started again; a node cut off in a network namespace, where the system lets us.
 */
export async function runFaults({ seeds, progress }: FaultsOptions): Promise<FaultsResult> {
  const results: FaultResult[] = [];
  const leftOut: string[] = [];
  const noNetwork = missingNamespace();
  const each = async (
    fault: Fault,
    missing: string | undefined,
    run: (transport: TransportName, seed: number) => Promise<FaultResult>,
  ): Promise<void> => {
    for (const transport of fault.transports) {
      const reason = missing ?? missingServer(transport);
      if (reason !== undefined) {
        leftOut.push(`${fault.name}, ${transport}: ${reason}`);
        continue;
      }
      for (let seed = 1; seed <= seeds; seed++) {
        const result = await run(transport, seed);
        results.push(result);
        progress?.(result);
      }
    }
  };
  for (const fault of [killedNode, killedServer, lostServer])
    await each(fault, undefined, (transport, seed) => runFault(fault, transport, seed));
  for (const fault of networkFaults)
    await each(fault, noNetwork, (transport, seed) => runInNamespace({ fault: fault.name, transport, seed }));
  return { results, leftOut };
}
