import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@tidegate/example-soccer";
import type { Network } from "../faults/network.ts";
import { createServer, serverProblem } from "../faults/server.ts";
import { type ChildProgram, startProgram } from "../program.ts";
import type { GatewayMessage, GatewayTask } from "./gateway.ts";
import { pollUrl } from "./polling.ts";
import { createServices, steadyPath } from "./services.ts";

/** Options of `runGateways`: the number of rounds. */
export interface GatewaysOptions {
  /** The number of rounds, in each of which services change and a gateway restarts. */
  readonly rounds: number;
  readonly progress?: (round: number) => void;
}

/** How fast the gateways agreed, and what they served. */
export interface GatewaysResult {
  /** For each round, the milliseconds without changes until all gateways served the same. */
  readonly equalMs: readonly number[];
  /** The final versions of every gateway by branch. */
  readonly versions: readonly Readonly<Record<string, string>>[];
  /** The responses of the restarting gateway for a permanent route, by status. */
  readonly answers: Readonly<Record<string, number>>;
}

/** The observed period without changes. A difference at its end is permanent. */
const observedMs = 2_500;
const intervalMs = 20;

/** The reason why a run is impossible here. Undefined if it is possible. */
export function gatewaysProblem(): string | undefined {
  return serverProblem("NATS");
}

/**
 * Runs three gateways on one NATS server. Services start, change and stop on two branches, some of them with
 * conflicting claims, while one gateway restarts (S9.4, S12.6).
 */
export async function runGateways({ rounds, progress }: GatewaysOptions): Promise<GatewaysResult> {
  const network: Network = {
    transport: "NATS",
    namespace: `gateways-${randomBytes(4).toString("hex")}`,
    ports: {},
    serverPort: await freePort(),
    addresses: {},
  };
  const server = await createServer("NATS", "127.0.0.1", network.serverPort);
  const services = createServices(network);
  const gateways: Gateway[] = [];
  try {
    await server?.start();
    await services.start("steady", [steadyPath]);
    for (const name of ["one", "two", "three"]) gateways.push(await startGateway(network, name));
    const [, , restarting] = gateways;
    if (restarting === undefined) throw new TypeError("The third gateway is missing.");
    const poller = pollUrl(`http://127.0.0.1:${restarting.port}${steadyPath}`);
    const equalMs: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      await Promise.all([changeServices(services, round), restarting.restart()]);
      equalMs.push(await timeUntilEqual(gateways));
      progress?.(round);
    }
    await poller.stop();
    const versions = await Promise.all(gateways.map((gateway) => gateway.versions()));
    return { equalMs, versions, answers: poller.answers };
  } finally {
    await services.stop();
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await server?.close();
  }
}

/**
 * Starts two services that claim one path, a service that leaves again, one that changes, and one on another
 * branch.
 */
async function changeServices(services: ReturnType<typeof createServices>, round: number): Promise<void> {
  const contested = `/contested/${round}`;
  const [, , leave] = await Promise.all([
    services.start(`x${round}`, [contested, `/x/${round}`]),
    services.start(`y${round}`, [contested, `/y/${round}`]),
    services.start(`passing${round}`, [`/passing/${round}`]),
    services.start("changing", [`/changing/${round}`]),
    services.start(`branched${round}`, [`/branched/${round}`, contested], "preview"),
  ]);
  await leave();
}

interface Gateway {
  readonly port: number;
  versions(): Promise<Record<string, string>>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function startGateway(network: Network, name: string): Promise<Gateway> {
  const task: GatewayTask = { network, name, port: await freePort() };
  const start = async (): Promise<ChildProgram<GatewayMessage>> => {
    const part = startProgram<GatewayMessage>(join(import.meta.dirname, "gateway.ts"), [
      JSON.stringify(task),
    ]);
    await part.next(`The gateway ${name} starts`, (message) => "ready" in message);
    return part;
  };
  let part = await start();
  return {
    port: task.port,
    async versions() {
      const answer = part.next(`The gateway ${name} sends its versions`, (message) => "versions" in message);
      part.send({ versions: true });
      const message = await answer;
      return "versions" in message ? message.versions : {};
    },
    async restart() {
      await part.stop();
      part = await start();
    },
    stop: () => part.stop(),
  };
}

/** Milliseconds from now until all gateways serve the same versions. */
async function timeUntilEqual(gateways: readonly Gateway[]): Promise<number> {
  const began = performance.now();
  let differed = 0;
  for (let now = 0; now < observedMs; now = performance.now() - began) {
    const [first, ...others] = await Promise.all(gateways.map((gateway) => gateway.versions()));
    const text = JSON.stringify(sorted(first));
    if (others.some((versions) => JSON.stringify(sorted(versions)) !== text))
      differed = performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  return differed;
}

function sorted(versions: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(versions).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The time limit for the agreement of the gateways. */
export const longestMs = 2_000;

/** Runs `soak gateways`. The exit code is 1 if gateways disagreed or a starting gateway answered 404. */
export async function gateways(rounds: number): Promise<void> {
  const problem = gatewaysProblem();
  if (problem !== undefined) {
    console.error(`Skipped: ${problem}.`);
    process.exitCode = 1;
    return;
  }
  const progress = (round: number): void => console.error(`${round}/${rounds} rounds`);
  const result = await runGateways({ rounds, progress });
  console.log(figuresOfGateways(result));
  if (!agreed(result)) process.exitCode = 1;
}

/** Whether the gateways always agreed in time, and none answered 404 while it started. */
export function agreed({ equalMs, answers }: GatewaysResult): boolean {
  return equalMs.every((ms) => ms <= longestMs) && answers["404"] === undefined;
}

function figuresOfGateways({ equalMs, versions, answers }: GatewaysResult): string {
  const [first] = versions;
  return [
    `rounds                     ${equalMs.length}, a gateway restarted in each`,
    `time until equal           ${Math.round(Math.max(...equalMs))} ms at the longest (at most ${longestMs})`,
    `the gateway that restarts  ${Object.entries(answers)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", ")} (404: ${answers["404"] ?? 0})`,
    `versions                   ${JSON.stringify(first)}`,
  ].join("\n");
}
