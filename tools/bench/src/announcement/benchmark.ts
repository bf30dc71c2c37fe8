import { join } from "node:path";
import { chooseTransports, withCluster } from "../harness/cluster.ts";
import { startContender } from "../harness/contender.ts";
import { type Figure, mediansOf } from "../harness/figures.ts";
import { runProgram } from "../harness/program.ts";
import { percentile } from "../harness/statistics.ts";
import type { AnnouncementCluster, AnnouncementTimes, ServiceInput } from "./service.ts";

/** Options of `runAnnouncement`: transporters, changes and rounds. */
export interface AnnouncementOptions {
  /** Uses only this transporter: `tcp`, `nats` or `redis`. Default: all whose server is installed. */
  readonly only?: string | undefined;
  readonly changes: number;
  /** The number of measurements per transporter, each with new processes. */
  readonly rounds: number;
  readonly progress: (line: string) => void;
}

const targetMs = 100;

/**
 * Measures the time from a change of a fragment in a running service until the gateway answers a request with
 * it (S9.3), for each transporter. Skips transporters whose server is not installed, with a progress message.
 * @throws if `only` is not a transporter
 */
export async function runAnnouncement(options: AnnouncementOptions): Promise<Figure[]> {
  const chosen = chooseTransports(options.only);
  const rounds: Figure[][] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of chosen) {
      options.progress(`${transport.name}, round ${round} of ${options.rounds}`);
      const times = await withCluster(transport, options.progress, (cluster) =>
        measureOn({ ...cluster, changes: options.changes }),
      );
      if (times !== undefined) rounds.push(figuresOf(transport.name, times));
    }
  }
  return mediansOf(rounds);
}

async function measureOn(cluster: AnnouncementCluster): Promise<AnnouncementTimes> {
  const gateway = await startContender({
    who: "tidegate",
    program: join(import.meta.dirname, "gateway.ts"),
    given: cluster,
  });
  try {
    const input: ServiceInput = { ...cluster, gatewayPort: gateway.port };
    return await runProgram<AnnouncementTimes>(join(import.meta.dirname, "service.ts"), input);
  } finally {
    await gateway.stop();
  }
}

function figuresOf(work: string, times: AnnouncementTimes): Figure[] {
  const figure = (what: string, value: number): Figure => ({
    work,
    who: "tidegate",
    what,
    value,
    unit: "ms",
  });
  return [
    figure("change p50", percentile(times, 50)),
    { ...figure("change p99", percentile(times, 99)), target: targetMs },
    figure("change, the longest", Math.max(...times)),
  ];
}
