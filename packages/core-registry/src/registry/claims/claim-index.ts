import type { Claim } from "../../contracts/protocol.ts";
import type { Finding } from "../../contracts/report.ts";
import { memoize } from "../../runtime/memoize.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";

/** A claim with keys that are unique over all protocols. */
export interface IndexedClaim {
  readonly protocol: string;
  readonly claim: Claim;
  /** Whether it claims a route, not a definition of its protocol. */
  readonly isRoute: boolean;
  /** For example `GET /players/:` or `GraphQL type Player`. */
  readonly key: string;
  /** The keys that the claim needs: of each list, at least one. */
  readonly needs: readonly (readonly string[])[];
}

/** The claims, needs and actions of a fragment, to be looked up by key. Made once per fragment. */
export interface FragmentIndex {
  readonly claims: readonly IndexedClaim[];
  /** The claims that need a key, by that key. */
  readonly needing: ReadonlyMap<string, readonly IndexedClaim[]>;
  /** The names of the services that the actions of its connectors can belong to. */
  readonly mentions: ReadonlySet<string>;
  /** The actions that its connectors call under a rule that guards them: the rule's JSON path (S7.7). */
  readonly guarded: ReadonlyMap<string, string>;
  /** The actions that its connectors call without any rule: the JSON path of the action's name (S7.7). */
  readonly open: ReadonlyMap<string, string>;
}

/** The index of a fragment, made when it is first asked for. */
export const indexOf: (fragment: CompiledFragment) => FragmentIndex = memoize((fragment) => {
  const claims = [...fragment.parts].flatMap(([protocol, { routeClaims, compiled }]) => [
    ...routeClaims.map((claim) => indexed(protocol, claim, true)),
    ...(compiled.claims ?? []).map((claim) => indexed(protocol, claim, false)),
  ]);
  return { claims, needing: needingOf(claims), mentions: mentionsOf(fragment), ...callsOf(fragment) };
});

/**
 * The JSON path of the first rule of a fragment that matches an action and does not let every client pass.
 */
export function guardOf(fragment: CompiledFragment, action: string): string | undefined {
  const { rules } = fragment.gate;
  if (rules.length === 0) return undefined;
  const known = guardsOf(fragment);
  const found = known.get(action);
  if (found !== undefined) return found.jsonPath;
  const rule = rules.find(
    ({ kind, hasCondition, allowsAll, matches }) =>
      kind === "call" && hasCondition && !allowsAll && matches(action),
  );
  const jsonPath = rule?.description.origin.jsonPath;
  if (known.size < maxKnownGuards) known.set(action, { jsonPath });
  return jsonPath;
}

const maxKnownGuards = 1_000;
/** The rules of a fragment that were looked up, by action. */
const guardsOf = memoize(
  (_: CompiledFragment) => new Map<string, { readonly jsonPath: string | undefined }>(),
);

/** The key of a definition that is unique over all protocols. Routes share one namespace (S4.6). */
export function claimKey(protocol: string, key: string): string {
  return `${protocol} ${key}`;
}

/** The name of a claim in findings: its label, or its key where the plugin gives no label. */
export function claimLabel({ key, label = key }: Claim): string {
  return label;
}

/**
 * The place of a claim in its text. It only makes a finding easier to read, so a failure of the plugin leaves
 * it out.
 */
export function claimPlace(claim: Claim): Pick<Finding, "line" | "column" | "frame"> {
  try {
    const { line, column, frame } = claim.locate?.() ?? {};
    const isPlace = Number.isInteger(line) && Number.isInteger(column) && typeof frame === "string";
    return isPlace && line !== undefined && column !== undefined ? { line, column, frame } : {};
  } catch {
    return {};
  }
}

const noNeeds: IndexedClaim["needs"] = [];

function indexed(protocol: string, claim: Claim, isRoute: boolean): IndexedClaim {
  const needs = claim.needs?.map((need) =>
    (typeof need === "string" ? [need] : need).map((key) => claimKey(protocol, key)),
  );
  const key = isRoute ? claim.key : claimKey(protocol, claim.key);
  return { protocol, claim, isRoute, key, needs: needs ?? noNeeds };
}

function needingOf(claims: readonly IndexedClaim[]): ReadonlyMap<string, readonly IndexedClaim[]> {
  const needing = new Map<string, IndexedClaim[]>();
  for (const claim of claims) {
    for (const key of new Set(claim.needs.flat())) {
      const known = needing.get(key);
      if (known === undefined) needing.set(key, [claim]);
      else known.push(claim);
    }
  }
  return needing;
}

function callsOf(fragment: CompiledFragment): Pick<FragmentIndex, "guarded" | "open"> {
  const guarded = new Map<string, string>();
  const open = new Map<string, string>();
  for (const { connectors } of fragment.endpoints) {
    for (const { action, namePath, origin } of connectors) {
      if (action === undefined || guarded.has(action) || open.has(action)) continue;
      const guard = guardOf(fragment, action);
      if (guard !== undefined) guarded.set(action, guard);
      else if (!isOpenOnPurpose(fragment, action)) open.set(action, namePath ?? origin.jsonPath);
    }
  }
  return { guarded, open };
}

function isOpenOnPurpose({ gate }: CompiledFragment, action: string): boolean {
  return gate.rules.some(({ kind, allowsAll, matches }) => kind === "call" && allowsAll && matches(action));
}

// `chat.message.stream` can be the action `stream` of `chat.message`, or `message.stream` of `chat`.
function mentionsOf(fragment: CompiledFragment): ReadonlySet<string> {
  const mentions = new Set<string>();
  for (const { connectors } of fragment.endpoints) {
    for (const { action } of connectors) {
      if (action === undefined) continue;
      for (const service of possibleServices(action)) mentions.add(service);
    }
  }
  return mentions;
}

/** The names of the services that an action can belong to, the longest first. */
export function* possibleServices(action: string): Iterable<string> {
  for (let dot = action.lastIndexOf("."); dot > 0; dot = action.lastIndexOf(".", dot - 1))
    yield action.slice(0, dot);
}
