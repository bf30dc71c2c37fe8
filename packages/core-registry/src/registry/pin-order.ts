import { LRUCache } from "lru-cache";
import type { Clock } from "../contracts/clock.ts";
import type { PinTarget } from "../contracts/registry.ts";

/** Which of several pins of one thing is the last: the later one, then by the gateway's name. */
export interface PinStamp {
  /** When it was made: milliseconds since the epoch, and more than any that its gateway knew. */
  readonly at: number;
  /** The gateway where it was made. */
  readonly by: string;
}

/** Puts pins in one order on all gateways, whatever order they come in: two may pin one thing at the same time. */
export interface PinOrder {
  /** The stamp of a pin that is made here now. */
  next(target: PinTarget): PinStamp;
  /** Whether it is the last one that is known; from then on it is. */
  take(target: PinTarget, stamp: PinStamp): boolean;
}

/** What the order of pins needs. */
export interface PinOrderOptions {
  /** The gateway's name. */
  readonly gateway: string;
  /** Time. */
  readonly clock: Clock;
}

/** How many things are remembered that were pinned. */
const mostTargets = 10_000;

/** Knows of no pin yet. */
export function createPinOrder({ gateway, clock }: PinOrderOptions): PinOrder {
  const last = new LRUCache<string, PinStamp>({ max: mostTargets });
  return {
    next(target) {
      const known = last.get(keyOf(target));
      return { at: Math.max(clock.now(), (known?.at ?? 0) + 1), by: gateway };
    },
    take(target, stamp) {
      const known = last.get(keyOf(target));
      if (known !== undefined && isBefore(stamp, known)) return false;
      last.set(keyOf(target), stamp);
      return true;
    },
  };
}

function keyOf({ branch, service }: PinTarget): string {
  return service === undefined ? branch : `${branch} ${service}`;
}

function isBefore(one: PinStamp, other: PinStamp): boolean {
  return one.at < other.at || (one.at === other.at && one.by < other.by);
}
