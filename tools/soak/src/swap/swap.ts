import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type LoadResult, percentile } from "@tidegate/bench";
import { freePort } from "@tidegate/example-soccer";
import { type Part, startPart } from "../part.ts";
import type { SwapCluster } from "./cluster.ts";
import type { GatewayMessage, GatewayQuestion } from "./gateway.ts";
import type { LoadAnswer, LoadMessage } from "./load.ts";
import { probesPass } from "./probe.ts";
import type { ServicesAnswer, ServicesMessage } from "./services.ts";
import { type ChangeKind, countOf, stageOf } from "./stages.ts";
import type { SubscribedResult, SubscribersAnswer, SubscribersMessage } from "./subscribers.ts";

/** How long and how hard. */
export interface SwapOptions {
  /** How often the fragment changes. */
  readonly changes: number;
  /** How long requests are measured before anything changes. */
  readonly quietSeconds: number;
  /** Connections that ask at once. */
  readonly connections: number;
  /** Sockets of each kind that are open meanwhile: WebSocket and GraphQL, on what changes and on what does not. */
  readonly sockets: number;
  /** Takes the number of each change that has been seen. */
  readonly progress?: (change: number) => void;
}

/** What came of it. */
export interface SwapResult {
  /** How often the fragment changed. */
  readonly changes: number;
  /** How many of the changes were served, or refused where they had to be, as asked of the gateway by HTTP. */
  readonly seen: number;
  /** Milliseconds from a change's beginning until clients saw it, by kind: the median. Of `node` with its node's start. */
  readonly changeMs: Readonly<Partial<Record<ChangeKind, number>>>;
  /** Requests before anything changed. */
  readonly quiet: LoadResult;
  /** Requests while the fragment changed. */
  readonly changing: LoadResult;
  /** Open sockets and their subscriptions. */
  readonly subscribed: SubscribedResult;
  /** How often sockets on what changes had to be closed at most (S6.4). */
  readonly mayRetire: number;
  /** The gateway's heap after garbage was collected, from the middle of the run to its end. */
  readonly heap: readonly HeapSample[];
}

/** The gateway's heap at one moment. */
export interface HeapSample {
  /** After how many changes. */
  readonly change: number;
  /** Bytes. */
  readonly bytes: number;
}

/** Seconds that a change may take until it is seen. */
const patience = 20;
/** How often the heap is looked at. */
const heapSamples = 10;

/**
 * Changes one service's fragment again and again in every way there is, over Moleculer's TCP, while everything is asked as fast
 * as it answers and sockets are open. Gateway, services, load and subscribers are processes of their own.
 * @throws where a process ends early, or a change is not seen within 20 seconds
 */
export async function runSwap(options: SwapOptions): Promise<SwapResult> {
  const { changes, quietSeconds, connections, sockets, progress } = options;
  const cluster = [JSON.stringify(await makeCluster())];
  const parts: Part<unknown>[] = [];
  const start = <Message>(name: string): Part<Message> => {
    const part = startPart<Message>(join(import.meta.dirname, `${name}.ts`), cluster);
    parts.push(part);
    return part;
  };
  try {
    const gateway = start<GatewayMessage>("gateway");
    const listening = await gateway.next("the gateway's start", (message) => "port" in message);
    const port = "port" in listening ? listening.port : 0;
    const services = start<ServicesAnswer>("services");
    await services.next("the services' start", (answer) => "up" in answer);
    await probesPass(port, stageOf(0).probes, patience);

    const load = loadOn(start<LoadAnswer>("load"), port, connections);
    // What is measured first would otherwise pay for compiling.
    await load.run(Math.min(2, quietSeconds));
    const subscribers = start<SubscribersAnswer>("subscribers");
    const open = subscribers.next("open sockets", (answer) => "open" in answer);
    tell<SubscribersMessage>(subscribers, { port, sockets });
    await open;
    const quiet = await load.run(quietSeconds);

    load.begin();
    const took = new Map<ChangeKind, number[]>();
    const heap: HeapSample[] = [];
    const middle = Math.floor(changes / 2);
    const between = Math.max(1, Math.floor((changes - middle) / heapSamples));
    let seen = 0;
    for (let change = 1; change <= changes; change++) {
      if (change - 1 >= middle && (change - 1 - middle) % between === 0)
        heap.push({ change: change - 1, bytes: await heapOf(gateway) });
      const { kind } = stageOf(change);
      const started = performance.now();
      await makeChange(change, services, gateway, port);
      took.set(kind, [...(took.get(kind) ?? []), performance.now() - started]);
      seen++;
      progress?.(change);
    }
    heap.push({ change: changes, bytes: await heapOf(gateway) });
    const changing = await load.end();
    return {
      changes,
      seen,
      changeMs: Object.fromEntries([...took].map(([kind, times]) => [kind, percentile(times, 50)])),
      quiet,
      changing,
      subscribed: await subscribedOf(services, subscribers),
      mayRetire: 2 * sockets * countOf("subscription", changes),
      heap,
    };
  } finally {
    for (const part of parts.reverse()) await part.stop();
  }
}

async function makeChange(
  change: number,
  services: Part<ServicesAnswer>,
  gateway: Part<GatewayMessage>,
  port: number,
): Promise<void> {
  const { kind, probes } = stageOf(change);
  const refused =
    kind === "broken"
      ? gateway.next(`change ${change} is refused`, (message) => "refused" in message)
      : undefined;
  tell<ServicesMessage>(services, { change });
  await refused;
  await probesPass(port, probes, patience);
}

async function heapOf(gateway: Part<GatewayMessage>): Promise<number> {
  const answer = gateway.next("the gateway's heap", (message) => "heap" in message);
  tell<GatewayQuestion>(gateway, { heap: true });
  const message = await answer;
  return "heap" in message ? message.heap : Number.NaN;
}

/** Ends the events, and asks what came of them. */
async function subscribedOf(
  services: Part<ServicesAnswer>,
  subscribers: Part<SubscribersAnswer>,
): Promise<SubscribedResult> {
  const last = services.next("the last event", (answer) => "lastTick" in answer);
  tell<ServicesMessage>(services, { quiet: true });
  const message = await last;
  const answer = subscribers.next("what was subscribed", (told) => "subscribed" in told);
  tell<SubscribersMessage>(subscribers, { lastTick: "lastTick" in message ? message.lastTick : 0 });
  const result = await answer;
  if ("subscribed" in result) return result.subscribed;
  throw new Error("The subscribers told nothing.");
}

/** The load's process, and how it is used. */
function loadOn(part: Part<LoadAnswer>, port: number, connections: number) {
  const begin = (): void => tell<LoadMessage>(part, { port, connections });
  const end = async (): Promise<LoadResult> => {
    const answer = part.next("the load's end", () => true);
    tell<LoadMessage>(part, { end: true });
    return (await answer).load;
  };
  return {
    begin,
    end,
    run: async (seconds: number): Promise<LoadResult> => {
      begin();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      return end();
    },
  };
}

function tell<Message extends object>(part: Part<unknown>, message: Message): void {
  part.send(message);
}

async function makeCluster(): Promise<SwapCluster> {
  const name = randomBytes(4).toString("hex");
  return { namespace: `soak-${name}`, gatewayId: `gateway-${name}`, gatewayPort: await freePort() };
}
