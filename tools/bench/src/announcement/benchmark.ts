import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@tidegate/example-soccer";
import { startContender } from "../harness/contender.ts";
import { type Figure, mediansOf } from "../harness/figures.ts";
import { installed, startMessageServer } from "../harness/message-server.ts";
import { runProgram } from "../harness/program.ts";
import { percentile } from "../harness/statistics.ts";
import type { AnnouncementCluster } from "./cluster.ts";
import type { AnnouncementTimes, ServiceInput } from "./service.ts";

/** Options of `runAnnouncement`: transporters, changes and rounds. */
export interface AnnouncementOptions {
  /** Uses only this transporter: `tcp`, `nats` or `redis`. Default: all whose server is installed. */
  readonly only?: string | undefined;
  readonly changes: number;
  /** The number of measurements per transporter, each with new processes. */
  readonly rounds: number;
  readonly progress: (line: string) => void;
}

interface Transport {
  readonly name: AnnouncementCluster["transporter"];
  /** The program of the message server. Absent for `tcp`. */
  readonly program?: string;
  readonly start?: (port: number, folder: string) => readonly string[];
}

const transports: readonly Transport[] = [
  { name: "tcp" },
  {
    name: "nats",
    program: "nats-server",
    start: (port) => ["--addr", "127.0.0.1", "--port", String(port)],
  },
  {
    name: "redis",
    program: "redis-server",
    start: (port, folder) => ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""],
  },
];

const targetMs = 100;

/**
 * Measures the time from a change of a fragment in a running service until the gateway answers a request with
 * it (S9.3), for each transporter. Skips transporters whose server is not installed, with a progress message.
 * @throws if `only` is not a transporter
 */
export async function runAnnouncement(options: AnnouncementOptions): Promise<Figure[]> {
  const chosen = transports.filter(({ name }) => options.only === undefined || name === options.only);
  if (chosen.length === 0)
    throw new Error(
      `Unknown work: ${options.only}. Known works: ${transports.map(({ name }) => name).join(", ")}.`,
    );
  const rounds: Figure[][] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of chosen) {
      options.progress(`${transport.name}, round ${round} of ${options.rounds}`);
      const times = await measure(transport, options);
      if (times !== undefined) rounds.push(figuresOf(transport.name, times));
    }
  }
  return mediansOf(rounds);
}

async function measure(
  { name, program, start }: Transport,
  { changes, progress }: AnnouncementOptions,
): Promise<AnnouncementTimes | undefined> {
  const cluster = { namespace: `notice-${randomBytes(4).toString("hex")}`, transporter: name, changes };
  if (program === undefined || start === undefined) return measureOn({ ...cluster, port: await freePort() });
  const path = installed(program);
  if (path === undefined) {
    progress(`${name} is skipped: ${program} is not installed.`);
    return undefined;
  }
  const server = await startMessageServer(path, start);
  try {
    return await measureOn({ ...cluster, port: server.port });
  } finally {
    await server.stop();
  }
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
