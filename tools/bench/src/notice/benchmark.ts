import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@tidegate/example-soccer";
import { startContender } from "../harness/contender-process.ts";
import type { Figure } from "../harness/figure.ts";
import { mediansOf } from "../harness/figure-table.ts";
import { installed, startMessageServer } from "../harness/message-server.ts";
import { percentile } from "../harness/percentile.ts";
import { runProgram } from "../harness/run-program.ts";
import type { NoticeCluster } from "./cluster.ts";
import type { NoticeServiceGiven, NoticeTimes } from "./service.ts";

/** Over what, and how often. */
export interface NoticeOptions {
  /** The only transporter: `tcp`, `nats` or `redis`. Default: every one whose server is installed. */
  readonly only?: string | undefined;
  /** How many changes are measured. */
  readonly changes: number;
  /** How often each transporter has its turn, with new processes. */
  readonly rounds: number;
  /** Takes what a person wants to know while it runs. */
  readonly progress: (line: string) => void;
}

interface Transport {
  readonly name: NoticeCluster["transporter"];
  /** The message server's program; none of `tcp`. */
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

const aim = 100;

/**
 * From a running service's own change of its fragment until a request to the gateway is answered by it (S9.3), over each
 * transporter. A transporter whose server is not installed is left out, and that is told.
 * @throws where there is no such transporter
 */
export async function runNotice(options: NoticeOptions): Promise<Figure[]> {
  const chosen = transports.filter(({ name }) => options.only === undefined || name === options.only);
  if (chosen.length === 0)
    throw new Error(
      `There is no work ${options.only}; there are: ${transports.map(({ name }) => name).join(", ")}.`,
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
  { changes, progress }: NoticeOptions,
): Promise<NoticeTimes | undefined> {
  const cluster = { namespace: `notice-${randomBytes(4).toString("hex")}`, transporter: name, changes };
  if (program === undefined || start === undefined) return measureOn({ ...cluster, port: await freePort() });
  const path = installed(program);
  if (path === undefined) {
    progress(`${name} is left out: ${program} is not installed.`);
    return undefined;
  }
  const server = await startMessageServer(path, start);
  try {
    return await measureOn({ ...cluster, port: server.port });
  } finally {
    await server.stop();
  }
}

async function measureOn(cluster: NoticeCluster): Promise<NoticeTimes> {
  const gateway = await startContender({
    who: "tidegate",
    program: join(import.meta.dirname, "gateway.ts"),
    given: cluster,
  });
  try {
    const given: NoticeServiceGiven = { ...cluster, gatewayPort: gateway.port };
    return await runProgram<NoticeTimes>(join(import.meta.dirname, "service.ts"), given);
  } finally {
    await gateway.stop();
  }
}

function figuresOf(work: string, times: NoticeTimes): Figure[] {
  const figure = (what: string, value: number): Figure => ({
    work,
    who: "tidegate",
    what,
    value,
    unit: "ms",
  });
  return [
    figure("change p50", percentile(times, 50)),
    { ...figure("change p99", percentile(times, 99)), aim },
    figure("change, the longest", Math.max(...times)),
  ];
}
