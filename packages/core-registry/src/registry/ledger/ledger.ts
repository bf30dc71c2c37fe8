import * as z from "zod";
import type { Json } from "../../contracts/json.ts";
import { branchPattern } from "../../runtime/fragment/fragment.ts";
import type { Revisions } from "../discovery/directory.ts";

/**
 * The only history that a branch has (S9.4): plain data, an argument of `compile`, and gateways hand it to each other.
 * Everything that it does not say follows from the directory.
 */
export interface Ledger {
  /**
   * The hash of the fragment that was accepted last, by service; null: none, though master has one. A branch other than
   * master says only what differs from master.
   */
  readonly accepted: ReadonlyMap<string, string | null>;
  /** Who holds a contested claim, by the claim (`REST GET /players/:`). */
  readonly owners: ReadonlyMap<string, string>;
  /** Services that are held at one fragment, whatever else is published: its hash. */
  readonly pins: ReadonlyMap<string, string>;
  /** The id of the version that the branch is held at. */
  readonly version?: string;
}

/** A ledger of nothing. */
export const emptyLedger: Ledger = { accepted: new Map(), owners: new Map(), pins: new Map() };

/** The ledgers of a gateway as they travel to another one: contract 1. */
export interface LedgerData {
  /** The contract's number. */
  readonly contract: 1;
  /** The gateway's name. */
  readonly gateway: string;
  /** Since when it serves: milliseconds since the epoch. The eldest gateway is believed. */
  readonly since: number;
  /** The ledgers by branch. */
  readonly branches: ReadonlyMap<string, Ledger>;
  /** The lowest revision with which each fragment was seen (S9.2), by service, then by hash. */
  readonly revisions: ReadonlyMap<string, Revisions>;
}

const hash = z.string().regex(/^[0-9a-f]{32}$/);
const name = z.string().min(1).max(512);
const ledger = z.object({
  accepted: z.record(name, hash.nullable()),
  owners: z.record(z.string().max(2_048), name),
  pins: z.record(name, hash),
  version: hash.optional(),
});
const data = z.object({
  contract: z.literal(1),
  gateway: z.string().max(512),
  since: z.number(),
  branches: z.record(z.string().regex(branchPattern), ledger),
  revisions: z.record(name, z.record(hash, z.number())).default({}),
});

/** A gateway's ledgers as plain data. */
export function writeLedgers({ contract, gateway, since, branches, revisions }: LedgerData): Json {
  return {
    contract,
    gateway,
    since,
    branches: Object.fromEntries([...branches].map(written)),
    revisions: Object.fromEntries([...revisions].map(([service, own]) => [service, Object.fromEntries(own)])),
  };
}

/** What another gateway says; undefined where it is not what it should be: a gateway of another contract, or none. */
export function readLedgers(answer: unknown): LedgerData | undefined {
  const read = data.safeParse(answer);
  if (!read.success) return undefined;
  const { branches, revisions, ...rest } = read.data;
  return {
    ...rest,
    revisions: new Map(
      Object.entries(revisions).map(([service, own]) => [service, new Map(Object.entries(own))]),
    ),
    branches: new Map(
      Object.entries(branches).map(([branch, { version, ...one }]) => [
        branch,
        {
          accepted: new Map(Object.entries(one.accepted)),
          owners: new Map(Object.entries(one.owners)),
          pins: new Map(Object.entries(one.pins)),
          ...(version === undefined ? {} : { version }),
        },
      ]),
    ),
  };
}

/** The eldest first: by when it began to serve, then by name. */
export function byAge(
  one: Pick<LedgerData, "since" | "gateway">,
  other: Pick<LedgerData, "since" | "gateway">,
): number {
  return one.since - other.since || (one.gateway < other.gateway ? -1 : 1);
}

function written([branch, { accepted, owners, pins, version }]: [string, Ledger]): [string, Json] {
  return [
    branch,
    {
      accepted: Object.fromEntries(accepted),
      owners: Object.fromEntries(owners),
      pins: Object.fromEntries(pins),
      ...(version === undefined ? {} : { version }),
    },
  ];
}
