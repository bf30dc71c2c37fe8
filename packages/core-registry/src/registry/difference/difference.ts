import type { Endpoint } from "../../contracts/endpoint.ts";
import type { ProtocolVersion } from "../../contracts/protocol.ts";
import type { Change, ChangeLevel } from "../../contracts/report.ts";
import type { LoadedPolicy } from "../../runtime/boundary/load-policy.ts";
import type { LoadedProtocol } from "../../runtime/boundary/load-protocol.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { type AccessOptions, accessChanges, publicDetail } from "./access.ts";
import { endpointChanges, type Pairing, pairEndpoints } from "./endpoints.ts";
import {
  type ChangedOwners,
  changedOwners,
  changedServices,
  noParts,
  ownedPairs,
  servedEndpoints,
} from "./owners.ts";

/** The plugins that `difference` uses: protocols compare endpoints, policies compare rules. */
export interface DifferencePlugins {
  readonly protocols: readonly LoadedProtocol[];
  readonly policies: readonly LoadedPolicy[];
}

const nothing: ProtocolVersion = { endpoints: [], assembled: undefined };

/**
 * Compares two versions as clients see them: their endpoints, protocol by protocol, and who can use them. The
 * costs grow with the number of services whose fragment or waiting claims differ, not with the number of all
 * services.
 *
 * @param before undefined: everything was added
 * @param after undefined: everything was removed
 * @returns the changes, breaking ones first, then by label
 */
export function difference(
  before: CompiledVersion | undefined,
  after: CompiledVersion | undefined,
  { protocols, policies }: DifferencePlugins,
): readonly Change[] {
  if (before?.version.id === after?.version.id) return [];
  const comparison =
    before === undefined || after === undefined ? undefined : comparisonOf(before, after, policies);
  return sortChanges(
    protocols.flatMap((protocol) => {
      const pairs = pairsOf(protocol, before, after);
      return [
        ...withPublicDetails(protocolChanges(protocol, pairs, before, after), pairs, after),
        ...(comparison === undefined ? [] : allAccessChanges(protocol, pairs, comparison)),
      ];
    }),
  );
}

interface Comparison extends AccessOptions {
  readonly owners: ChangedOwners;
}

function comparisonOf(
  before: CompiledVersion,
  after: CompiledVersion,
  policies: readonly LoadedPolicy[],
): Comparison {
  const byKey = new Map(policies.map((policy) => [policy.name, policy]));
  return { before, after, policies: byKey, owners: changedOwners(before, after) };
}

interface Pairs extends Pairing {
  /** The services whose fragment or waiting claims differ. */
  readonly changed: ReadonlySet<string>;
}

function pairsOf(
  { name: key }: LoadedProtocol,
  before: CompiledVersion | undefined,
  after: CompiledVersion | undefined,
): Pairs {
  const partsBefore = before?.parts.get(key) ?? noParts;
  const partsAfter = after?.parts.get(key) ?? noParts;
  const changed = changedServices(partsBefore, partsAfter);
  return {
    changed,
    ...pairEndpoints(servedEndpoints(partsBefore, changed), servedEndpoints(partsAfter, changed)),
  };
}

function protocolChanges(
  protocol: LoadedProtocol,
  pairs: Pairs,
  before: CompiledVersion | undefined,
  after: CompiledVersion | undefined,
): readonly Change[] {
  const shareBefore = before?.version.protocols.get(protocol.name) ?? nothing;
  const shareAfter = after?.version.protocols.get(protocol.name) ?? nothing;
  if (pairs.changed.size === 0 && shareBefore.assembled === shareAfter.assembled) return [];
  return protocol.diff?.(shareBefore, shareAfter) ?? endpointChanges(protocol, pairs);
}

// New endpoints without rules are marked as public. An endpoint with a counterpart is compared with it
// instead.
function withPublicDetails(
  changes: readonly Change[],
  { added }: Pairs,
  after: CompiledVersion | undefined,
): readonly Change[] {
  if (after === undefined) return changes;
  const details = new Map<string, string>();
  for (const { endpoint, counterpart } of added) {
    const detail = counterpart === undefined ? publicDetail(endpoint, after) : undefined;
    if (detail !== undefined) details.set(endpoint.label, detail);
  }
  return changes.map((change) => {
    const open = change.kind === "added" ? details.get(change.label) : undefined;
    if (open === undefined) return change;
    return { ...change, detail: change.detail === undefined ? open : `${change.detail} ${open}` };
  });
}

function allAccessChanges({ name: key }: LoadedProtocol, pairs: Pairs, comparison: Comparison): Change[] {
  const { kept, added, removed, changed } = pairs;
  const compare = (before: Endpoint, after: Endpoint, named: Endpoint): Change[] =>
    accessChanges(before, after, named, comparison);
  const owned = ownedPairs(comparison.owners, comparison.after.parts.get(key) ?? noParts, changed);
  return [
    ...[...kept, ...owned].flatMap(({ before, after }) => compare(before, after, after)),
    ...added.flatMap(({ endpoint, counterpart }) =>
      counterpart === undefined ? [] : compare(counterpart.endpoint, endpoint, endpoint),
    ),
    // Endpoints that moved are compared above, as added ones.
    ...removed.flatMap(({ endpoint, counterpart }) =>
      counterpart?.relation === "part" ? compare(endpoint, counterpart.endpoint, endpoint) : [],
    ),
  ];
}

const ranks: Readonly<Record<ChangeLevel, number>> = { breaking: 0, dangerous: 1, safe: 2 };

/** Sorts changes: breaking ones first, then by label. The order of the argument has no effect. */
export function sortChanges(changes: readonly Change[]): readonly Change[] {
  return [...changes].sort(
    (one, other) =>
      ranks[one.level] - ranks[other.level] ||
      compareTexts(one.label, other.label) ||
      compareTexts(one.plugin, other.plugin) ||
      compareTexts(one.kind, other.kind) ||
      compareTexts(one.service, other.service) ||
      compareTexts(one.detail, other.detail),
  );
}

/** The highest level of some changes: `breaking`, `dangerous`, `safe`, or `none` without changes. */
export function highestLevel(changes: readonly Change[]): ChangeLevel | "none" {
  return changes.reduce<ChangeLevel | "none">(
    (highest, { level }) => (highest === "none" || ranks[level] < ranks[highest] ? level : highest),
    "none",
  );
}

function compareTexts(one = "", other = ""): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
