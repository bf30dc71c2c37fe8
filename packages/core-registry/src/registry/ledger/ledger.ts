import * as z from "zod";
import type { Json } from "../../contracts/json.ts";
import { branchPattern } from "../../runtime/fragment/fragment.ts";
import type { Revisions } from "../discovery/directory.ts";

/**
 * The only state of a branch that depends on the order in which fragments came (S9.4). Plain data: `compile`
 * takes it as an argument, and gateways send it to each other. Everything else follows from the directory.
 */
export interface Ledger {
  /**
   * By service: the hash of the fragment that was accepted last. A branch other than master lists only what
   * differs from master; null: the branch has no fragment of this service, although master has one.
   */
  readonly accepted: ReadonlyMap<string, string | null>;
  /** By contested claim (`GET /players/:`): the service that owns it. */
  readonly owners: ReadonlyMap<string, string>;
  /** By service: the hash of the fragment that the service is pinned to, whatever its nodes publish. */
  readonly pins: ReadonlyMap<string, string>;
  /** By pinned service: who pinned it, and when. A pin of an older gateway has none. */
  readonly pinOrigins: ReadonlyMap<string, PinOrigin>;
  /** The id of the version that the branch is pinned to. */
  readonly version?: string;
}

/** Who set a pin, for messages. */
export interface PinOrigin {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The name of the gateway on which the pin was made. */
  readonly by: string;
  /**
   * The caller, as far as the gateway knows: `process 123 of alice, through the admin socket /run/t.sock`.
   */
  readonly who?: string | undefined;
}

/** A ledger without entries: the first one of every branch. */
export const emptyLedger: Ledger = {
  accepted: new Map(),
  owners: new Map(),
  pins: new Map(),
  pinOrigins: new Map(),
};

/** The ledgers of one gateway, as it sends them to another one. */
export interface LedgerData {
  readonly contract: 1;
  readonly gateway: string;
  /** When the gateway began to serve: milliseconds since the epoch. The oldest gateway decides conflicts. */
  readonly since: number;
  readonly branches: ReadonlyMap<string, Ledger>;
  /** By service, then by hash: the lowest revision with which the fragment was seen (S9.2). */
  readonly revisions: ReadonlyMap<string, Revisions>;
}

const hash = z.string().regex(/^[0-9a-f]{32}$/);
const name = z.string().min(1).max(512);
const ledgerSchema = z.object({
  accepted: z.record(name, hash.nullable()),
  owners: z.record(z.string().max(2_048), name),
  pins: z.record(name, hash),
  pinOrigins: z
    .record(name, z.object({ at: z.int(), by: z.string().max(512), who: z.string().max(512).optional() }))
    .default({}),
  version: hash.optional(),
});
const ledgersSchema = z.object({
  contract: z.literal(1),
  gateway: z.string().max(512),
  since: z.number(),
  branches: z.record(z.string().regex(branchPattern), ledgerSchema),
  revisions: z.record(name, z.record(hash, z.number())).default({}),
});

/** Converts a gateway's ledgers to JSON. */
export function writeLedgers({ contract, gateway, since, branches, revisions }: LedgerData): Json {
  return {
    contract,
    gateway,
    since,
    branches: Object.fromEntries([...branches].map(([branch, ledger]) => [branch, writeLedger(ledger)])),
    revisions: Object.fromEntries([...revisions].map(([service, own]) => [service, Object.fromEntries(own)])),
  };
}

function writeLedger({ accepted, owners, pins, pinOrigins, version }: Ledger): Json {
  return {
    accepted: Object.fromEntries(accepted),
    owners: Object.fromEntries(owners),
    pins: Object.fromEntries(pins),
    pinOrigins: Object.fromEntries(
      [...pinOrigins].map(([service, { at, by, who }]) => [service, { at, by, ...(who ? { who } : {}) }]),
    ),
    ...(version === undefined ? {} : { version }),
  };
}

/**
 * Checks and reads the ledgers that another gateway sent; undefined where the answer does not fit contract 1.
 */
export function readLedgers(answer: unknown): LedgerData | undefined {
  const read = ledgersSchema.safeParse(answer);
  if (!read.success) return undefined;
  const { branches, revisions, ...rest } = read.data;
  return {
    ...rest,
    revisions: new Map(
      Object.entries(revisions).map(([service, own]) => [service, new Map(Object.entries(own))]),
    ),
    branches: new Map(Object.entries(branches).map(([branch, ledger]) => [branch, readLedger(ledger)])),
  };
}

function readLedger({ accepted, owners, pins, pinOrigins, version }: z.infer<typeof ledgerSchema>): Ledger {
  return {
    accepted: new Map(Object.entries(accepted)),
    owners: new Map(Object.entries(owners)),
    pins: new Map(Object.entries(pins)),
    pinOrigins: new Map(Object.entries(pinOrigins)),
    ...(version === undefined ? {} : { version }),
  };
}

/** Sorts gateways, the oldest first: by the time when they began to serve, then by name. */
export function byAge(
  one: Pick<LedgerData, "since" | "gateway">,
  other: Pick<LedgerData, "since" | "gateway">,
): number {
  return one.since - other.since || (one.gateway < other.gateway ? -1 : 1);
}
