import { graphqlSocket, rawSocket } from "./sockets.ts";
import { followTicks, type TickCounts } from "./tick-count.ts";

/** What the subscribers' process is told: where the gateway is and how many of each kind to open, or the last event's number. */
export type SubscribersMessage =
  | { readonly port: number; readonly sockets: number }
  | { readonly lastTick: number };

/** What it tells: once that every subscription has got its first event, and in the end what came. */
export type SubscribersAnswer = { readonly open: true } | { readonly subscribed: SubscribedResult };

/** What became of open sockets and subscriptions. */
export interface SubscribedResult {
  /** Sockets on what never changes. */
  readonly steady: number;
  /** How often one of them was closed. */
  readonly steadyClosed: number;
  /** Events that these got. */
  readonly events: number;
  /** Events that one of them did not get. */
  readonly lost: number;
  /** Events that one of them got twice, or too early. */
  readonly disordered: number;
  /** Sockets on what changes, opened again whenever they are closed. */
  readonly changing: number;
  /** How often one of these was closed with 1012, as S6.4 says. */
  readonly retired: number;
  /** How often one of these was closed otherwise. */
  readonly changingClosed: number;
  /** The first few closes that should not have been, and events that did not come, in words. */
  readonly faults: readonly string[];
}

const serviceRestart = 1012;
const keptFaults = 5;
/** Milliseconds that the last event may take. */
const patience = 5_000;

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
  await ticks.dispatched(counts.steady);
  tell({ open: true });
}

function openSteady(port: number, connect: typeof rawSocket): void {
  const tick = ticks.listener();
  sockets.push(
    connect(port, "steady", {
      event: (payload) => tick((payload as { readonly n: number }).n),
      closed: (code) => {
        if (ending) return;
        closed.steady++;
        fault(`a steady ${connect.name} was closed with ${code}`);
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
          fault(`a changing ${connect.name} was closed with ${code}`);
        }
        openChanging(port, connect);
      },
    }),
  );
}

async function finish(lastTick: number): Promise<void> {
  await ticks.ended(lastTick, patience);
  ending = true;
  for (const socket of sockets) socket.close();
  const { events, lost, disordered, gaps }: TickCounts = ticks.counts(lastTick);
  tell({
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

function fault(text: string): void {
  if (faults.length < keptFaults) faults.push(text);
}

function tell(answer: SubscribersAnswer): void {
  process.send?.(answer);
}
