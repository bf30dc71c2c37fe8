import { join } from "node:path";
import { type Cluster, chooseTransports, withCluster } from "../harness/cluster.ts";
import { type Figure, mediansOf } from "../harness/figures.ts";
import { type NodeProcess, startNode } from "../harness/node-process.ts";
import { percentile } from "../harness/statistics.ts";
import { untilServed } from "../harness/until-served.ts";

/** Options of `runLarge`: transporters, size, requests and rounds. */
export interface LargeOptions {
  /** Uses only this transporter: `tcp`, `nats` or `redis`. Default: all whose server is installed. */
  readonly only?: string | undefined;
  /** Characters of the text in a body or an answer. Default 8 MiB. */
  readonly characters?: number;
  /** The number of measured requests for each body and answer, one after the other. */
  readonly requests: number;
  /** The number of measurements per transporter, each with new processes. */
  readonly rounds: number;
  readonly progress: (line: string) => void;
}

const mebibyte = 1_024 * 1_024;

/** Which side sends much. */
type Kind = "body" | "answer";

/** What one measurement found. */
interface Measurement {
  /** The duration of each request in milliseconds. */
  readonly times: readonly number[];
  /** The most memory that each process used above its own before the requests, in MiB. */
  readonly gateway: number;
  readonly service: number;
}

/**
 * Measures requests with a body, and requests with an answer, of 8 MiB, through a gateway to a service in
 * another process (S13.1): the time, and the memory of both ends, for each transporter. Skips transporters
 * whose server is not installed, with a progress message.
 * @throws if `only` is not a transporter, or an answer is not the expected one
 */
export async function runLarge(options: LargeOptions): Promise<Figure[]> {
  const chosen = chooseTransports(options.only);
  const rounds: Figure[][] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of chosen) {
      for (const kind of ["body", "answer"] as const) {
        options.progress(`${transport.name} ${kind}, round ${round} of ${options.rounds}`);
        const found = await withCluster(transport, options.progress, (cluster) =>
          measure(cluster, kind, options),
        );
        if (found !== undefined) rounds.push(figuresOf(transport.name, kind, found));
      }
    }
  }
  return mediansOf(rounds);
}

async function measure(cluster: Cluster, kind: Kind, options: LargeOptions): Promise<Measurement> {
  const gateway = await startNode<number>(join(import.meta.dirname, "gateway.ts"), cluster);
  const service = await startNode<string>(join(import.meta.dirname, "service.ts"), cluster);
  try {
    const { requests, characters = 8 * mebibyte } = options;
    const send = kind === "body" ? sendBody : askAnswer;
    const url = `http://127.0.0.1:${gateway.ready}/large`;
    await untilServed(`${url}/1`);
    const before = [(await gateway.memory()).resident, (await service.memory()).resident];
    const times: number[] = [];
    for (let request = 0; request < requests; request++) {
      const started = performance.now();
      await send(url, characters);
      times.push(performance.now() - started);
    }
    const above = async (node: NodeProcess<unknown>, resident = 0): Promise<number> =>
      ((await node.memory()).peak - resident) / mebibyte;
    return { times, gateway: await above(gateway, before[0]), service: await above(service, before[1]) };
  } finally {
    await Promise.all([gateway.stop(), service.stop()]);
  }
}

async function sendBody(url: string, characters: number): Promise<void> {
  const body = JSON.stringify({ text: "x".repeat(characters) });
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const text = await response.text();
  if (text !== JSON.stringify({ length: characters })) throw new Error(`Unexpected answer: ${text}`);
}

async function askAnswer(url: string, characters: number): Promise<void> {
  const response = await fetch(`${url}/${characters}`);
  const text = await response.text();
  if (text.length !== characters + '{"text":""}'.length)
    throw new Error(`Unexpected answer: ${text.slice(0, 200)}`);
}

function figuresOf(work: string, kind: Kind, { times, gateway, service }: Measurement): Figure[] {
  const figure = (what: string, value: number, unit: string): Figure => ({
    work,
    who: "tidegate",
    what: `${kind}, ${what}`,
    value,
    unit,
  });
  return [
    figure("p50", percentile(times, 50), "ms"),
    figure("the longest", Math.max(...times), "ms"),
    figure("memory of the gateway", gateway, "MiB"),
    figure("memory of the service", service, "MiB"),
  ];
}
