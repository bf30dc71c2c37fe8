import * as z from "zod";
import type { Broker, PeerHandlers } from "../../contracts/broker.ts";
import type { Json } from "../../contracts/json.ts";
import { branchPattern } from "../../runtime/fragment/fragment.ts";
import type { GatewayStatus } from "../contract.ts";
import { byAge, type LedgerData, readLedgers, writeLedgers } from "./ledger.ts";

/**
 * The questions that the gateways of the same systems ask each other (S9.4): for ledgers, pins, versions, and
 * for fragments that no node publishes any more. Gateways that fail, or do not answer within a second, are
 * left out. Answers that do not fit their schema are ignored.
 */
export interface Exchange {
  /** The ledgers of the gateway that has served longest. Undefined where no other gateway serves. */
  oldestGateway(): Promise<LedgerData | undefined>;
  /** The ledgers of every other gateway that serves. */
  ledgers(): Promise<readonly LedgerData[]>;
  /**
   * Fragments that other gateways keep, by hash or by at least its first 8 digits. The fragments are not
   * checked.
   */
  fragments(hashes: readonly string[]): Promise<readonly SharedFragment[]>;
  /**
   * The hashes of the fragments that a version consists of; undefined where no other gateway keeps the
   * version.
   * @param id at least the first 8 digits of the version's id
   */
  recipe(branch: string, id: string): Promise<readonly string[] | undefined>;
  /** Sends a pin, or the end of one, to all other gateways. */
  sendPin(pin: SharedPin): Promise<void>;
  /** The versions that the other gateways serve. */
  versions(): Promise<readonly GatewayStatus[]>;
}

/** A fragment that one gateway sends another one. */
export interface SharedFragment {
  readonly service: string;
  /** The fragment as its service published it. */
  readonly raw: unknown;
}

/** A pin that one gateway sends another one. */
export interface SharedPin extends PinStamp {
  readonly branch: string;
  /** Absent: the pin holds the whole branch. */
  readonly service?: string | undefined;
  /** The id of a version, or the hash of a fragment where `service` is set; null: the pin ends. */
  readonly to: string | null;
  /** The caller, for messages. */
  readonly who?: string | undefined;
}

/** Orders pins of the same target: the later one wins, then the one of the gateway whose name sorts last. */
export interface PinStamp {
  /** Milliseconds since the epoch; greater than the time of every earlier pin that the gateway knew. */
  readonly at: number;
  /** The name of the gateway on which the pin was made. */
  readonly by: string;
}

/** What this gateway answers to the questions of the others. */
export interface ExchangeAnswers {
  /** Undefined while this gateway does not serve. */
  ledgers(): LedgerData | undefined;
  /** Those of the fragments that this gateway keeps. */
  fragments(hashes: readonly string[]): readonly SharedFragment[];
  /** The hashes of a version's fragments; undefined where this gateway does not keep the version. */
  recipe(branch: string, id: string): readonly string[] | undefined;
  /** Applies a pin that was made on another gateway. */
  applyPin(pin: SharedPin): Promise<void>;
  versions(): GatewayStatus;
}

const hash = z.string().regex(/^[0-9a-f]{32}$/);
const branch = z.string().regex(branchPattern);
/** A hash or an id, or at least its first 8 digits. */
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
  who: z.string().max(512).optional(),
});
const status = z.object({ gateway: z.string().max(512), versions: z.record(z.string(), z.string()) });

const answerTimeoutMs = 1_000;

/** Connects to the other gateways through every broker that supports `peers`, and answers their questions. */
export function createExchange(brokers: readonly Broker[], answers: ExchangeAnswers): Exchange {
  const peers = brokers.flatMap(({ peers: own }) => (own === undefined ? [] : [own]));
  const answered = peerAnswers(answers);
  for (const one of peers) one.handle(answered);

  const ask = async (question: string, params: Json): Promise<unknown[]> =>
    (await Promise.all(peers.map((one) => one.request(question, params, answerTimeoutMs))))
      .flat()
      .map(({ value }) => value);

  const ledgers = async (): Promise<readonly LedgerData[]> =>
    (await ask("ledger", {})).flatMap((answer) => readLedgers(answer) ?? []);

  return {
    ledgers,
    oldestGateway: async () => [...(await ledgers())].sort(byAge)[0],
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
    async sendPin({ branch: name, service, to, at, by, who }) {
      const optional = {
        ...(service === undefined ? {} : { service }),
        ...(who === undefined ? {} : { who }),
      };
      await ask("pin", { branch: name, to, at, by, ...optional });
    },
    async versions() {
      return (await ask("versions", {})).flatMap((answer) => status.safeParse(answer).data ?? []);
    },
  };
}

// Questions come from outside: a question that does not fit its schema throws, and the broker sends no
// answer.
function peerAnswers(answers: ExchangeAnswers): PeerHandlers {
  return {
    ledger: () => {
      const ledgers = answers.ledgers();
      return ledgers === undefined ? null : writeLedgers(ledgers);
    },
    fragments: (params) =>
      answers
        .fragments(tags.parse(params))
        .map(({ service, raw }) => ({ service, raw: z.json().parse(raw) })),
    recipe: (params) => {
      const { branch: name, id } = recipeQuestion.parse(params);
      const recipe = answers.recipe(name, id);
      return recipe === undefined ? null : [...recipe];
    },
    pin: async (params) => {
      await answers.applyPin(pin.parse(params));
      return true;
    },
    versions: () => {
      const { gateway, versions } = answers.versions();
      return { gateway, versions };
    },
  };
}
