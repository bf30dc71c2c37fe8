import type { Policy } from "../../contracts/policy.ts";
import type { Assembled, Endpoint, Protocol } from "../../contracts/protocol.ts";
import type { Change, ChangeLevel } from "../../contracts/report.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { type AccessTools, accessChanges, publicDetail } from "./access.ts";
import { endpointChanges, type Pairing, pairing } from "./endpoints.ts";
import {
  type ChangedOwners,
  changedOwners,
  changedServices,
  noParts,
  ownedPairs,
  servedEndpoints,
} from "./owners.ts";

/** The plugins that tell what differs. */
export interface DifferencePlugins {
  /** The protocols, in order. */
  readonly protocols: readonly Protocol[];
  /** The policies, in order. */
  readonly policies: readonly Policy[];
}

const nothing: Assembled = { routes: [], endpoints: [] };

/**
 * What differs between two versions, for clients: the endpoints, in their protocols' own words, and who may use them.
 * Heaviest first, then by label. Costs as much as changed: only services whose fragment, or whose waiting claims, differ
 * are looked into.
 *
 * @param before undefined: everything is new
 * @param after undefined: everything is gone
 */
export function difference(
  before: CompiledVersion | undefined,
  after: CompiledVersion | undefined,
  { protocols, policies }: DifferencePlugins,
): readonly Change[] {
  if (before?.version.id === after?.version.id) return [];
  const tools = before === undefined || after === undefined ? undefined : toolsOf(before, after, policies);
  return ordered(
    protocols.flatMap((protocol) => {
      const pairs = pairsOf(protocol, before, after);
      return [
        ...withPublic(protocolChanges(protocol, pairs, before, after), pairs, after),
        ...(tools === undefined ? [] : accessOfAll(protocol, pairs, tools)),
      ];
    }),
  );
}

interface Tools extends AccessTools {
  readonly owners: ChangedOwners;
}

function toolsOf(before: CompiledVersion, after: CompiledVersion, policies: readonly Policy[]): Tools {
  const byKey = new Map(policies.map((policy) => [policy.key, policy]));
  return { before, after, policies: byKey, owners: changedOwners(before, after) };
}

interface Pairs extends Pairing {
  readonly changed: ReadonlySet<string>;
}

function pairsOf(
  { key }: Protocol,
  before: CompiledVersion | undefined,
  after: CompiledVersion | undefined,
): Pairs {
  const was = before?.parts.get(key) ?? noParts;
  const is = after?.parts.get(key) ?? noParts;
  const changed = changedServices(was, is);
  return { changed, ...pairing(servedEndpoints(was, changed), servedEndpoints(is, changed)) };
}

function protocolChanges(
  protocol: Protocol,
  pairs: Pairs,
  before: CompiledVersion | undefined,
  after: CompiledVersion | undefined,
): readonly Change[] {
  if (protocol.diff === undefined) return endpointChanges(protocol.key, pairs);
  const was = before?.version.assembled.get(protocol.key) ?? nothing;
  const is = after?.version.assembled.get(protocol.key) ?? nothing;
  return was === is ? [] : protocol.diff(was, is);
}

// Whoever adds something that nobody guards is to see it. What stood elsewhere is compared instead.
function withPublic(
  changes: readonly Change[],
  { added }: Pairs,
  after: CompiledVersion | undefined,
): readonly Change[] {
  if (after === undefined) return changes;
  const details = new Map<string, string>();
  for (const { endpoint, instead } of added) {
    const detail = instead === undefined ? publicDetail(endpoint, after) : undefined;
    if (detail !== undefined) details.set(endpoint.label, detail);
  }
  return changes.map((change) => {
    const open = change.kind === "added" ? details.get(change.label) : undefined;
    if (open === undefined) return change;
    return { ...change, detail: change.detail === undefined ? open : `${change.detail} ${open}` };
  });
}

function accessOfAll({ key }: Protocol, pairs: Pairs, tools: Tools): Change[] {
  const { kept, added, removed, changed } = pairs;
  const access = (was: Endpoint, is: Endpoint, named: Endpoint): Change[] =>
    accessChanges(was, is, named, tools);
  const owned = ownedPairs(tools.owners, tools.after.parts.get(key) ?? noParts, changed);
  return [
    ...[...kept, ...owned].flatMap(({ before, after }) => access(before, after, after)),
    ...added.flatMap(({ endpoint, instead }) =>
      instead === undefined ? [] : access(instead.endpoint, endpoint, endpoint),
    ),
    // What moved was looked at where it is now.
    ...removed.flatMap(({ endpoint, instead }) =>
      instead?.how === "part" ? access(endpoint, instead.endpoint, endpoint) : [],
    ),
  ];
}

const ranks: Readonly<Record<ChangeLevel, number>> = { breaking: 0, dangerous: 1, safe: 2 };

/** The changes, heaviest first, then by label: equal changes in equal order, whatever order they came in. */
export function ordered(changes: readonly Change[]): readonly Change[] {
  return [...changes].sort(
    (one, other) =>
      ranks[one.level] - ranks[other.level] ||
      compared(one.label, other.label) ||
      compared(one.plugin, other.plugin) ||
      compared(one.kind, other.kind) ||
      compared(one.service, other.service) ||
      compared(one.detail, other.detail),
  );
}

/** The heaviest level of some changes; `none` where there are none. */
export function heaviest(changes: readonly Change[]): ChangeLevel | "none" {
  return changes.reduce<ChangeLevel | "none">(
    (found, { level }) => (found === "none" || ranks[level] < ranks[found] ? level : found),
    "none",
  );
}

function compared(one = "", other = ""): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
