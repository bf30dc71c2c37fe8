import { graphqlSocket, rawSocket } from "./sockets.ts";
import { followTicks, type TickCounts } from "./tick-count.ts";

/**
 * A message to the process of the subscribers: the gateway's port and the number of sockets of each kind, or
 * the number of the last event.
 */
export type SubscribersMessage =
  | { readonly port: number; readonly sockets: number }
  | { readonly lastTick: number };

/** A message from the process of the subscribers: all subscriptions have their first event, or the result. */
export type SubscribersAnswer = { readonly open: true } | { readonly subscribed: SubscribedResult };

/** The results of open sockets and subscriptions. */
export interface SubscribedResult {
  readonly steady: number;
  /** The number of closed sockets of the steady service. */
  readonly steadyClosed: number;
  readonly events: number;
  /** The number of events that did not arrive. */
  readonly lost: number;
  /** The number of events that arrived twice or out of order. */
  readonly disordered: number;
  /** The number of sockets of the changing service, which are reopened after a close. */
  readonly changing: number;
  /** How often these were closed with 1012, as S6.4 requires. */
  readonly retired: number;
  /** How often these were closed with another code. */
  readonly changingClosed: number;
  /** Descriptions of the first unexpected closes and lost events. */
  readonly faults: readonly string[];
}

const serviceRestart = 1012;
const maxFaults = 5;
/** The time limit for the last event. */
const timeoutMs = 5_000;

const ticks = followTicks();
const faults: string[] = [];
const closed = { steady: 0, retired: 0, changing: 0 };
const sockets: { close(): void }[] = [];
let ending = false;
let counts = { steady: 0, changing: 0 };

process.on("disconnect", () => process.exit());
process.on("message", async (message: SubscribersMessage) => {
  if ("lastTick" in message) await finish(message.lastTick);
  else await open(message.port, message.sockets);
});

async function open(port: number, each: number): Promise<void> {
  const kinds = [rawSocket, graphqlSocket];
  for (const connect of kinds) {
    for (let index = 0; index < each; index++) {
      openSteady(port, connect);
      openChanging(port, connect);
    }
  }
  counts = { steady: kinds.length * each, changing: kinds.length * each };
  await ticks.waitForFirst(counts.steady);
  send({ open: true });
}

function openSteady(port: number, connect: typeof rawSocket): void {
  const tick = ticks.listener();
  sockets.push(
    connect(port, "steady", {
      event: (payload) => tick((payload as { readonly n: number }).n),
      closed: (code) => {
        if (ending) return;
        closed.steady++;
        recordFault(`a steady ${connect.name} was closed with ${code}`);
      },
    }),
  );
}

function openChanging(port: number, connect: typeof rawSocket): void {
  sockets.push(
    connect(port, "changing", {
      event: () => undefined,
      closed: (code) => {
        if (ending) return;
        if (code === serviceRestart) closed.retired++;
        else {
          closed.changing++;
          recordFault(`a changing ${connect.name} was closed with ${code}`);
        }
        openChanging(port, connect);
      },
    }),
  );
}

async function finish(lastTick: number): Promise<void> {
  await ticks.waitForLast(lastTick, timeoutMs);
  ending = true;
  for (const socket of sockets) socket.close();
  const { events, lost, disordered, gaps }: TickCounts = ticks.counts(lastTick);
  send({
    subscribed: {
      ...counts,
      steadyClosed: closed.steady,
      events,
      lost,
      disordered,
      retired: closed.retired,
      changingClosed: closed.changing,
      faults: [...faults, ...gaps],
    },
  });
}

function recordFault(text: string): void {
  if (faults.length < maxFaults) faults.push(text);
}

function send(answer: SubscribersAnswer): void {
  process.send?.(answer);
}
