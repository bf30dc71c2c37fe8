/**
 * Claims that wait (S5.8). A GraphQL field whose type no service defines cannot be served; the rest of its
 * fragment can.
 *
 * 1. `settleWaiting` starts from all claims and marks the ones that need a missing definition, until nothing
 * changes:
 * so definitions that need each other stay together. It looks only at claims that the change can have
 * affected.
 * 2. `waitingFindingsOf` tells the service's developer what is missing.
 */
import { certainName } from "../../contracts/nearest-name.ts";
import type { Finding } from "../../contracts/report.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { CompiledVersion, Parts } from "../versions/compiled-version.ts";
import { claimLabel, claimPlace, type IndexedClaim, indexOf } from "./claim-index.ts";
import type { ClaimTable } from "./claim-table.ts";

/** A claim, with the service whose fragment makes it. */
interface ServiceClaim {
  readonly service: string;
  readonly claim: IndexedClaim;
}

/**
 * Marks the claims of a table that need something that no service defines.
 *
 * @param table over `parentTable`
 * @param parentTable a table whose claims were settled before
 */
export async function settleWaiting(
  table: ClaimTable,
  parentTable: ClaimTable,
  yieldToEventLoop: YieldToEventLoop,
): Promise<void> {
  const unchecked = affectedClaims(table, parentTable);
  const waiting = new Map<string, Set<string>>();
  for (const service of table.servicesWaiting()) table.setWaiting(service, noKeys);
  // A service can claim one key twice: the key waits where one of the two claims does.
  for (let next = unchecked.pop(); next !== undefined; next = unchecked.pop()) {
    const { service, claim } = next;
    const keys = waiting.get(service) ?? new Set<string>();
    if (keys.has(claim.key) || hasAllNeeds(claim, table)) continue;
    waiting.set(service, keys.add(claim.key));
    table.setWaiting(service, keys);
    if (!table.isDefined(claim.key)) unchecked.push(...claimsNeeding(table, claim.key));
    await yieldToEventLoop();
  }
}

/** The findings about claims that wait, for those of the services that have any, by service. */
export function waitingFindingsOf(
  services: ReadonlySet<string>,
  { chosen, parts }: CompiledVersion,
  table: ClaimTable,
): ReadonlyMap<string, readonly Finding[]> {
  const waiting = new Map<string, readonly Finding[]>();
  for (const service of services) {
    const fragment = chosen.get(service);
    if (fragment === undefined || table.waitingKeys(service).size === 0) continue;
    waiting.set(service, waitingFindings(fragment, parts, table));
  }
  return waiting;
}

const maxFindings = 100;
const maxNames = 5;
/** Keys of all services that are looked through, and missing keys that are compared with them. */
const maxKeys = 10_000;
const maxCompared = 20;

function waitingFindings(fragment: CompiledFragment, parts: Parts, table: ClaimTable): Finding[] {
  const waiting = indexOf(fragment).claims.filter(
    ({ protocol, claim }) => parts.get(protocol)?.get(fragment.service)?.waiting.has(claim.key) === true,
  );
  const similarTo = similarKeys(table);
  // A fragment can have thousands of them, and each position is looked up in the whole text.
  return waiting.slice(0, maxFindings).map(({ protocol, claim, needs }): Finding => {
    const missing = needs.flatMap((anyOf) => (anyOf.some((key) => table.isDefined(key)) ? [] : anyOf));
    const [only] = missing;
    const similar = only === undefined || missing.length > 1 ? undefined : similarTo(only);
    const names = missing.slice(0, maxNames).map((key) => `\`${key.slice(protocol.length + 1)}\``);
    const others = missing.length > maxNames ? " and others" : "";
    return {
      severity: similar === undefined ? "info" : "warning",
      code: "CLAIM_WAITING",
      jsonPath: claim.jsonPath,
      message: `\`${claimLabel(claim)}\` waits for ${names.join(", ")}${others}, which no service defines.`,
      ...claimPlace(claim),
      hint:
        similar === undefined
          ? "It is served as soon as they appear."
          : `Did you mean \`${similar.slice(protocol.length + 1)}\`?`,
    };
  });
}

/**
 * Returns a function that finds the defined key that is one slip away from a missing one (S1.7). It compares
 * a few missing keys only, each once: a fragment can wait for many, and a missing warning does no harm.
 */
function similarKeys(table: ClaimTable): (missing: string) => string | undefined {
  const found = new Map<string, string | undefined>();
  let defined: readonly string[] | undefined;
  return (missing) => {
    if (found.has(missing) || found.size === maxCompared) return found.get(missing);
    defined ??= table.keys(maxKeys);
    const similar = similarKey(missing, defined);
    found.set(missing, similar);
    return similar;
  };
}

function similarKey(missing: string, defined: readonly string[]): string | undefined {
  // The kind of thing that a key means is a part of it: `GraphQL type Team` and `GraphQL Team.name`.
  const kind = missing.slice(0, missing.lastIndexOf(" ") + 1);
  const names = defined
    .filter((key) => key.startsWith(kind) && Math.abs(key.length - missing.length) <= 1)
    .map((key) => key.slice(kind.length));
  const similar = certainName(missing.slice(kind.length), names, 1);
  return similar === undefined ? undefined : kind + similar;
}

/** Claims that waited, claims of services that changed, and claims that need what a change took away. */
function affectedClaims(table: ClaimTable, parentTable: ClaimTable): ServiceClaim[] {
  const changed = table.changedServices();
  const affected: ServiceClaim[] = [...table.servicesWaiting(), ...changed].flatMap((service) =>
    claimsWithNeeds(table, service),
  );
  for (const service of changed) {
    const previous = parentTable.chosen(service);
    if (previous === undefined) continue;
    for (const { key } of indexOf(previous).claims)
      if (!table.isDefined(key)) affected.push(...claimsNeeding(table, key));
  }
  return affected;
}

function claimsWithNeeds(table: ClaimTable, service: string): ServiceClaim[] {
  const fragment = table.chosen(service);
  if (fragment === undefined) return [];
  return indexOf(fragment)
    .claims.filter(({ needs }) => needs.length > 0)
    .map((claim) => ({ service, claim }));
}

function claimsNeeding(table: ClaimTable, key: string): ServiceClaim[] {
  return [...(table.servicesNeeding(key) ?? [])].flatMap((service) => {
    const fragment = table.chosen(service);
    const claims = fragment === undefined ? [] : (indexOf(fragment).needing.get(key) ?? []);
    return claims.map((claim) => ({ service, claim }));
  });
}

function hasAllNeeds({ needs }: IndexedClaim, table: ClaimTable): boolean {
  return needs.every((anyOf) => anyOf.some((key) => table.isDefined(key)));
}

const noKeys: ReadonlySet<string> = new Set();
