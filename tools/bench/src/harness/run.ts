import type { Benchmark, Contender, Result, Work } from "./benchmark.ts";
import { type ContenderProcess, startContender } from "./contender.ts";
import { type LoadResult, makeLoad } from "./load.ts";
import { median } from "./statistics.ts";

/** Options of `runBenchmark`: rounds, duration and load. */
export interface RunOptions {
  /** The number of measurements per contender. */
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Runs only this work. Default: all works. */
  readonly only?: string | undefined;
  readonly progress: (line: string) => void;
}

/** The result of one contender and one work: the medians of all rounds. */
export interface Measured {
  readonly work: string;
  readonly who: string;
  readonly rate: number;
  /** The CPU time of all processes of the contender per request, in microseconds. */
  readonly cpu: number;
  readonly p50: number;
  /** The 99th percentile of the latency in milliseconds. */
  readonly p99: number;
}

/**
 * Runs a benchmark. First it checks the response of every contender to every work. Then the contenders are
 * measured in turn, round by round, so that a temporary slowdown of the machine affects all of them.
 * @throws if a response is not the expected one, before or during the measurement
 */
export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<Measured[]> {
  const works = benchmark.works.filter(({ name }) => options.only === undefined || name === options.only);
  if (works.length === 0)
    throw new Error(
      `Unknown work: ${options.only}. Known works: ${benchmark.works.map(({ name }) => name).join(", ")}.`,
    );
  const processes = await startAll(benchmark.contenders);
  try {
    for (const work of works)
      for (const each of processes) await measureOnce(each, work, { ...options, seconds: 0 });
    const measured: Measured[] = [];
    for (const work of works) measured.push(...(await measure(processes, work, options)));
    return measured;
  } finally {
    await Promise.all(processes.map((each) => each.stop()));
  }
}

/** The results for the JSON file: requests per second, and ratios. @param ours the name of our contender */
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
  const measurementsOf = new Map(processes.map(({ who }) => [who, [] as Measurement[]]));
  for (const each of processes) await measureOnce(each, work, options);
  for (let round = 1; round <= options.rounds; round++) {
    for (const each of processes) {
      const measurement = await measureOnce(each, work, options);
      measurementsOf.get(each.who)?.push(measurement);
      options.progress(
        `${work.name} ${round}/${options.rounds} ${each.who}: ${Math.round(measurement.rate)} requests/s`,
      );
    }
  }
  return [...measurementsOf].map(([who, measurements]) => ({
    work: work.name,
    who,
    rate: median(measurements.map(({ rate }) => rate)),
    cpu: median(measurements.map(({ cpu }) => cpu)),
    p50: median(measurements.map(({ load }) => load.p50)),
    p99: median(measurements.map(({ load }) => load.p99)),
  }));
}

interface Measurement {
  readonly load: LoadResult;
  readonly rate: number;
  readonly cpu: number;
}

/** Measures a contender once. With 0 seconds it sends a single request. */
async function measureOnce(
  contender: ContenderProcess,
  { request }: Work,
  options: RunOptions,
): Promise<Measurement> {
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
  if (fault !== undefined) throw new Error(`${who} gave an unexpected response. ${fault}`);
  if (load.requests === 0) throw new Error(`${who} gave no response.`);
  return { load, rate: load.requests / load.seconds, cpu: (after - before) / load.requests };
}

/** Starts all contenders, or none if one fails. */
async function startAll(contenders: readonly Contender[]): Promise<ContenderProcess[]> {
  const starts = await Promise.allSettled(contenders.map(startContender));
  const started = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const failed = starts.find((start) => start.status === "rejected");
  if (failed === undefined) return started;
  await Promise.all(started.map((each) => each.stop()));
  throw failed.reason;
}
