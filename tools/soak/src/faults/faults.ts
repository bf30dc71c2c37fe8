import {
  type Fault,
  flappingNode,
  hungNode,
  hungServer,
  killedNode,
  killedServer,
  lostServer,
  networkFaults,
} from "./fault.ts";
import { namespaceProblem, runInNamespace } from "./namespace.ts";
import type { TransportName } from "./network.ts";
import { type FaultResult, runFault } from "./run.ts";
import { serverProblem } from "./server.ts";

/** Options of `runFaults`: the number of runs. */
export interface FaultsOptions {
  /** The number of runs of each fault. Each run has another moment of the fault. */
  readonly seeds: number;
  readonly progress?: (result: FaultResult) => void;
}

/** The results of all runs, and the faults that were skipped. */
export interface FaultsResult {
  readonly results: readonly FaultResult[];
  readonly skipped: readonly string[];
}

/**
 * Injects faults while 200 calls per second run (S9.3, S9.7): kills a node; kills NATS and Redis and restarts
 * them; disconnects a node in a network namespace, if the system allows it.
 */
export async function runFaults({ seeds, progress }: FaultsOptions): Promise<FaultsResult> {
  const results: FaultResult[] = [];
  const skipped: string[] = [];
  const namespaceMissing = namespaceProblem();
  const runAll = async (
    fault: Fault,
    problem: string | undefined,
    run: (transport: TransportName, seed: number) => Promise<FaultResult>,
  ): Promise<void> => {
    for (const transport of fault.transports) {
      const reason = problem ?? serverProblem(transport);
      if (reason !== undefined) {
        skipped.push(`${fault.name}, ${transport}: ${reason}`);
        continue;
      }
      for (let seed = 1; seed <= seeds; seed++) {
        const result = await run(transport, seed);
        results.push(result);
        progress?.(result);
      }
    }
  };
  for (const fault of [killedNode, hungNode, flappingNode, killedServer, lostServer, hungServer])
    await runAll(fault, undefined, (transport, seed) => runFault(fault, transport, seed));
  for (const fault of networkFaults)
    await runAll(fault, namespaceMissing, (transport, seed) =>
      runInNamespace({ fault: fault.name, transport, seed }),
    );
  return { results, skipped };
}
