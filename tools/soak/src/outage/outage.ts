import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@tidegate/example-soccer";
import type { Network } from "../faults/network.ts";
import { createServer, serverProblem } from "../faults/server.ts";
import { startProgram } from "../program.ts";
import type { OutageGatewayMessage } from "./gateway.ts";
import { type AnswerCounts, kinds, sendRequests } from "./requests.ts";
import { startService } from "./service.ts";
import { openSockets } from "./sockets.ts";

/** What clients saw of an outage of the message server. */
export interface OutageResult {
  readonly answers: AnswerCounts;
  /** The number of open sockets, and descriptions of those that were closed. */
  readonly sockets: number;
  readonly closed: readonly string[];
  /** Milliseconds from the start of the server until calls succeeded again. */
  readonly recoveredMs: number;
}

const socketsOfEachKind = 4;
/** The duration of the phases before and after the outage. */
const quietMs = 3_000;

/** The reason why a run is impossible here. Undefined if it is possible. */
export function outageProblem(): string | undefined {
  return serverProblem("NATS");
}

/**
 * Kills the NATS server under load of REST, GraphQL and sockets, and starts it again (S9.3, S12.6): the API
 * stays, only calls fail.
 */
export async function runOutage(seconds: number): Promise<OutageResult> {
  const network: Network = {
    transport: "NATS",
    namespace: `outage-${randomBytes(4).toString("hex")}`,
    ports: {},
    serverPort: await freePort(),
    addresses: {},
  };
  const server = await createServer("NATS", "127.0.0.1", network.serverPort);
  const ends: (() => unknown)[] = [() => server?.close()];
  try {
    await server?.start();
    for (const node of ["a", "b"]) ends.unshift(await startService(network, node));
    const gateway = startProgram<OutageGatewayMessage>(join(import.meta.dirname, "gateway.ts"), [
      JSON.stringify(network),
    ]);
    ends.unshift(() => gateway.stop());
    const { port } = await gateway.next("The gateway starts", () => true);
    const requests = sendRequests(port);
    ends.unshift(() => requests.stop());
    await requests.untilCallsSucceed();
    const sockets = openSockets(port, socketsOfEachKind);
    ends.unshift(() => sockets.close());
    await sockets.untilEvents();

    requests.begin("before");
    await pause(quietMs);
    requests.begin("outage");
    await server?.kill();
    await pause(seconds * 1_000);
    requests.begin("recovery");
    await server?.start();
    const recoveredMs = await requests.untilCallsSucceed();
    await sockets.untilEvents();
    requests.begin("after");
    await pause(quietMs);
    await requests.stop();
    return { answers: requests.answers, sockets: 2 * socketsOfEachKind, closed: sockets.closed, recoveredMs };
  } finally {
    for (const end of ends) await end();
  }
}

/** The reasons why a run failed. Empty if it passed. */
export function outageFailures({ answers, closed }: OutageResult): string[] {
  const all = Object.entries(answers).flatMap(([phase, byKind]) =>
    kinds.flatMap((kind) => Object.keys(byKind[kind]).map((result) => ({ phase, kind, result }))),
  );
  const isExpected = ({ phase, kind, result }: (typeof all)[number]): boolean => {
    if (result === "200") return true;
    if (kind === "readiness") return phase !== "before" && result.startsWith("503");
    const isCall = kind === "REST call" || kind === "GraphQL call";
    const isUnavailable = /^(?:503 retry-after|504|BROKER_UNAVAILABLE|ACTION_UNAVAILABLE|CALL_TIMEOUT)$/;
    return isCall && (phase === "outage" || phase === "recovery") && isUnavailable.test(result);
  };
  return [
    ...all
      .filter((one) => !isExpected(one))
      .map(({ phase, kind, result }) => `${phase}: ${kind} was answered with ${result}`),
    ...closed.map((text) => `a socket was closed, ${text}`),
  ];
}

/** The answers as a table, a line for each phase and kind. */
export function figuresOfOutage(result: OutageResult): string {
  const lines = Object.entries(result.answers).flatMap(([phase, byKind]) =>
    kinds.map((kind) => {
      const counts = Object.entries(byKind[kind]).map(([answer, count]) => `${count} × ${answer}`);
      return `${phase.padEnd(10)}${kind.padEnd(14)}${counts.join(", ")}`;
    }),
  );
  return [
    ...lines,
    `calls succeeded ${Math.round(result.recoveredMs)} ms after the server was started again`,
    `${result.closed.length} of ${result.sockets} sockets were closed`,
    ...outageFailures(result).map((failure) => `FAILED: ${failure}`),
  ].join("\n");
}

/** Runs `soak outage`. The exit code is 1 if more than calls failed. */
export async function outage(seconds: number): Promise<void> {
  const problem = outageProblem();
  if (problem !== undefined) {
    console.error(`Skipped: ${problem}.`);
    process.exitCode = 1;
    return;
  }
  const result = await runOutage(seconds);
  console.log(figuresOfOutage(result));
  if (outageFailures(result).length > 0) process.exitCode = 1;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
