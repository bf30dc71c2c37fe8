import type { Benchmark, Contender, Result, Work } from "./benchmark.ts";
import { type ContenderProcess, startContender } from "./contender-process.ts";
import { type LoadResult, makeLoad } from "./load.ts";
import { median } from "./median.ts";

/** How long and how hard. */
export interface RunOptions {
  /** How often each contender has its turn. */
  readonly rounds: number;
  /** How long a turn lasts. */
  readonly seconds: number;
  /** Connections at once. */
  readonly connections: number;
  /** The only work to do. Default: every one. */
  readonly only?: string | undefined;
  /** Takes what a person wants to know while it runs. */
  readonly progress: (line: string) => void;
}

/** What was measured of one contender at one work: medians of all rounds. */
export interface Measured {
  /** The work's name. */
  readonly work: string;
  /** Whose. */
  readonly who: string;
  /** Requests per second. */
  readonly rate: number;
  /** CPU time of the server's process for each request, in microseconds. */
  readonly cpu: number;
  /** Half of the requests took at most this long, in milliseconds. */
  readonly p50: number;
  /** 99 of 100 took at most this long, in milliseconds. */
  readonly p99: number;
}

/**
 * Runs a benchmark. First every contender has to give the right answer to every work; then they take turns, round by
 * round, so that whatever slows the machine down for a while slows all of them.
 * @throws where an answer is not the right one, before or while it is measured
 */
export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<Measured[]> {
  const works = benchmark.works.filter(({ name }) => options.only === undefined || name === options.only);
  if (works.length === 0)
    throw new Error(
      `There is no work ${options.only}; there are: ${benchmark.works.map(({ name }) => name).join(", ")}.`,
    );
  const processes = await startAll(benchmark.contenders);
  try {
    for (const work of works)
      for (const each of processes) await turn(each, work, { ...options, seconds: 0 });
    const measured: Measured[] = [];
    for (const work of works) measured.push(...(await measure(processes, work, options)));
    return measured;
  } finally {
    await Promise.all(processes.map((each) => each.stop()));
  }
}

/** What is written to a file: requests per second, and how ours compare. The first contender is ours. */
export function resultsOf(measured: readonly Measured[], ours: string): Result[] {
  return measured.map(({ work, who, rate }) => {
    const own = measured.find((each) => each.work === work && each.who === ours)?.rate ?? Number.NaN;
    return { work, who, value: Math.round(rate), unit: "requests/s", ratio: Number((own / rate).toFixed(3)) };
  });
}

async function measure(
  processes: readonly ContenderProcess[],
  work: Work,
  options: RunOptions,
): Promise<Measured[]> {
  const turns = new Map(processes.map(({ who }) => [who, [] as Turn[]]));
  for (const each of processes) await turn(each, work, options);
  for (let round = 1; round <= options.rounds; round++) {
    for (const each of processes) {
      const took = await turn(each, work, options);
      turns.get(each.who)?.push(took);
      options.progress(
        `${work.name} ${round}/${options.rounds} ${each.who}: ${Math.round(took.rate)} requests/s`,
      );
    }
  }
  return [...turns].map(([who, took]) => ({
    work: work.name,
    who,
    rate: median(took.map(({ rate }) => rate)),
    cpu: median(took.map(({ cpu }) => cpu)),
    p50: median(took.map(({ load }) => load.p50)),
    p99: median(took.map(({ load }) => load.p99)),
  }));
}

interface Turn {
  readonly load: LoadResult;
  readonly rate: number;
  readonly cpu: number;
}

/** One contender's turn. Of no seconds: one request. */
async function turn(contender: ContenderProcess, { request }: Work, options: RunOptions): Promise<Turn> {
  const { port, who } = contender;
  const before = await contender.cpuMicroseconds();
  const single = options.seconds === 0;
  const load = await makeLoad({
    port,
    requests: [request],
    connections: single ? 1 : options.connections,
    limit: single ? 1 : Number.POSITIVE_INFINITY,
    signal: AbortSignal.timeout(single ? 5_000 : options.seconds * 1000),
  });
  const after = await contender.cpuMicroseconds();
  const [fault] = load.faults;
  if (fault !== undefined) throw new Error(`${who} gives a wrong answer. ${fault}`);
  if (load.requests === 0) throw new Error(`${who} gives no answer.`);
  return { load, rate: load.requests / load.seconds, cpu: (after - before) / load.requests };
}

/** Starts all, or none. */
async function startAll(contenders: readonly Contender[]): Promise<ContenderProcess[]> {
  const starts = await Promise.allSettled(contenders.map(startContender));
  const started = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const failed = starts.find((start) => start.status === "rejected");
  if (failed === undefined) return started;
  await Promise.all(started.map((each) => each.stop()));
  throw failed.reason;
}
