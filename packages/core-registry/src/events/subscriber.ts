import type { EventPacket } from "../contracts/broker.ts";
import { TidegateError } from "../errors.ts";

/** One subscriber of the hub: a bounded queue with an iterator at its end. */
export interface Subscriber {
  /** What it is given, in order. */
  readonly packets: AsyncIterableIterator<EventPacket>;
  /** Whether it has ended. */
  readonly isOver: boolean;
  /** Gives it a packet; over the bound it ends with `SLOW_CONSUMER`. */
  push(packet: EventPacket): void;
  /** Ends it: what waits is still given. */
  end(): void;
}

type Waiter = PromiseWithResolvers<IteratorResult<EventPacket, undefined>>;

const done: IteratorResult<EventPacket, undefined> = { done: true, value: undefined };

/**
 * @param most how many packets may wait
 * @param signal ends it
 * @param ended called once, when it ends for whatever reason
 */
export function createSubscriber(most: number, signal: AbortSignal, ended: () => void): Subscriber {
  const waiting: EventPacket[] = [];
  const waiters: Waiter[] = [];
  let failure: TidegateError | undefined;
  let isOver = false;

  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", finish);
    ended();
    for (const waiter of waiters.splice(0)) waiter.resolve(done);
  };

  const next = (): Promise<IteratorResult<EventPacket, undefined>> => {
    const packet = waiting.shift();
    if (packet !== undefined) return Promise.resolve({ done: false, value: packet });
    if (failure !== undefined) {
      const error = failure;
      failure = undefined;
      return Promise.reject(error);
    }
    if (isOver) return Promise.resolve(done);
    const waiter: Waiter = Promise.withResolvers();
    waiters.push(waiter);
    return waiter.promise;
  };

  if (signal.aborted) isOver = true;
  else signal.addEventListener("abort", finish, { once: true });

  const packets: AsyncIterableIterator<EventPacket> = {
    [Symbol.asyncIterator]: () => packets,
    next,
    return: () => {
      waiting.length = 0;
      finish();
      return Promise.resolve(done);
    },
  };

  return {
    packets,
    get isOver() {
      return isOver;
    },
    push(packet) {
      if (isOver) return;
      const waiter = waiters.shift();
      if (waiter !== undefined) {
        waiter.resolve({ done: false, value: packet });
      } else if (waiting.length < most) {
        waiting.push(packet);
      } else {
        waiting.length = 0;
        failure = new TidegateError("SLOW_CONSUMER", `More than ${most} events waited to be taken.`);
        finish();
      }
    },
    end: finish,
  };
}
