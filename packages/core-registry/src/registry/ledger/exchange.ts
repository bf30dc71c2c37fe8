import { LRUCache } from "lru-cache";
import * as z from "zod";
import type { Broker, PeerAnswers } from "../../contracts/broker.ts";
import type { Clock } from "../../contracts/clock.ts";
import type { Json } from "../../contracts/json.ts";
import { branchPattern } from "../../runtime/fragment/fragment.ts";
import type { GatewayStatus, PinTarget } from "../contract.ts";
import type { Fragments, Source } from "../discovery/fragment-store.ts";
import { isTagOf } from "../versions/compiled-version.ts";
import { byAge, type LedgerData, readLedgers, writeLedgers } from "./ledger.ts";

/** What the gateways of the same systems tell each other (S9.4): ledgers, pins, versions, and fragments that nobody publishes any more. */
export interface Exchange {
  /** The ledgers of the gateway that serves longest, of those that serve. */
  eldest(): Promise<LedgerData | undefined>;
  /** The ledgers of every other gateway that serves. */
  ledgers(): Promise<readonly LedgerData[]>;
  /** Fragments that other gateways keep, by hash or its first 8 digits or more. Not checked. */
  fragments(hashes: readonly string[]): Promise<readonly SharedFragment[]>;
  /** The hashes of the fragments that a version is made of, where another gateway keeps it; by its id, or 8 digits or more of it. */
  recipe(branch: string, id: string): Promise<readonly string[] | undefined>;
  /** Tells the others of a pin; `to` null: it ended. */
  pinned(pin: SharedPin): Promise<void>;
  /** What the others serve. */
  versions(): Promise<readonly GatewayStatus[]>;
}

/** A fragment that gateways hand each other. */
export interface SharedFragment {
  /** Whose. */
  readonly service: string;
  /** As it was published. */
  readonly raw: unknown;
}

/** A pin that gateways tell each other. */
export interface SharedPin extends PinStamp {
  /** The branch. */
  readonly branch: string;
  /** One service of it, or the branch as a whole. */
  readonly service?: string | undefined;
  /** A version's id, a fragment's hash, or null: nothing any more. */
  readonly to: string | null;
}

/** What this gateway answers the others. */
export interface ExchangeAnswers {
  /** Its ledgers; undefined while it does not serve. */
  ledgers(): LedgerData | undefined;
  /** Those of the fragments that it keeps. */
  fragments(hashes: readonly string[]): readonly SharedFragment[];
  /** The hashes of a version's fragments, where it keeps the version. */
  recipe(branch: string, id: string): readonly string[] | undefined;
  /** Takes over what another gateway was told. */
  pinned(pin: SharedPin): Promise<void>;
  /** What it serves. */
  versions(): GatewayStatus;
}

const hash = z.string().regex(/^[0-9a-f]{32}$/);
const branch = z.string().regex(branchPattern);
const tag = z.string().regex(/^[0-9a-f]{8,32}$/);
const tags = z.array(tag).max(20_000);
const hashes = z.array(hash).max(20_000);
const fragmentsAnswer = z.array(z.object({ service: z.string().max(512), raw: z.unknown() }));
const recipeQuestion = z.object({ branch, id: tag });
const pin = z.object({
  branch,
  service: z.string().max(512).optional(),
  to: hash.nullable(),
  at: z.int(),
  by: z.string().max(512),
});
const status = z.object({ gateway: z.string().max(512), versions: z.record(z.string(), z.string()) });

/** How long gateways are waited for: milliseconds. */
const patience = 1_000;

/** Talks to the gateways on all systems of these brokers; those whose brokers cannot are alone. */
export function createExchange(brokers: readonly Broker[], answers: ExchangeAnswers): Exchange {
  const peers = brokers.flatMap(({ peers: own }) => (own === undefined ? [] : [own]));
  const own: PeerAnswers = {
    ledger: () => {
      const ledgers = answers.ledgers();
      return ledgers === undefined ? null : writeLedgers(ledgers);
    },
    fragments: (asked) =>
      answers.fragments(tags.parse(asked)).map(({ service, raw }) => ({ service, raw: z.json().parse(raw) })),
    recipe: (asked) => {
      const { branch: name, id } = recipeQuestion.parse(asked);
      const recipe = answers.recipe(name, id);
      return recipe === undefined ? null : [...recipe];
    },
    pin: async (told) => {
      await answers.pinned(pin.parse(told));
      return true;
    },
    versions: () => {
      const { gateway, versions } = answers.versions();
      return { gateway, versions };
    },
  };
  for (const one of peers) one.answer(own);

  const ask = async (question: string, params: Json): Promise<unknown[]> =>
    (await Promise.all(peers.map((one) => one.ask(question, params, patience))))
      .flat()
      .map(({ answer }) => answer);

  const ledgers = async (): Promise<readonly LedgerData[]> =>
    (await ask("ledger", {})).flatMap((answer) => readLedgers(answer) ?? []);

  return {
    ledgers,
    eldest: async () => [...(await ledgers())].sort(byAge)[0],
    async fragments(wanted) {
      if (wanted.length === 0) return [];
      return (await ask("fragments", [...wanted])).flatMap(
        (answer) => fragmentsAnswer.safeParse(answer).data?.slice(0, wanted.length) ?? [],
      );
    },
    async recipe(name, id) {
      for (const answer of await ask("recipe", { branch: name, id })) {
        const read = hashes.safeParse(answer);
        if (read.success) return read.data;
      }
      return undefined;
    },
    async pinned({ branch: name, service, to, at, by }) {
      await ask("pin", { branch: name, ...(service === undefined ? {} : { service }), to, at, by });
    },
    async versions() {
      return (await ask("versions", {})).flatMap((answer) => status.safeParse(answer).data ?? []);
    },
  };
}

/** What fetching needs. */
export interface SharedSourcesOptions {
  /** The other gateways. */
  readonly exchange: Exchange;
  /** Every fragment that is known. */
  readonly fragments: Fragments;
}

/** What other gateways keep of these hashes, or of their first digits, checked: what was not asked for is left out. */
export async function sharedSources(
  hashes: readonly string[],
  { exchange, fragments }: SharedSourcesOptions,
): Promise<readonly Source[]> {
  const wanted = new Set(hashes);
  const found: Source[] = [];
  for (const { raw, service } of await exchange.fragments(hashes)) {
    if (wanted.size === 0) break;
    const source = fragments.source(await fragments.compile(raw, service));
    const asked = wanted.has(source.hash)
      ? source.hash
      : [...wanted].find((one) => isTagOf(one, source.hash));
    if (asked === undefined) continue;
    wanted.delete(asked);
    found.push(source);
  }
  return found;
}

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
