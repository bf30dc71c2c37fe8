/*
 * Actions that one fragment guards and another exposes without a rule (S7.7). Both developers get a warning,
 * which goes when one of the two fragments changes.
 *
 * A fragment guards an action where a rule with a condition matches it, and its connectors call the action or
 * the action is its service's own. A rule such as `**` guards no action that its fragment has nothing to do
 * with.
 *
 * The cost of a change depends on the changed fragment: what it calls is looked up by action; the callers of
 * what it guards are looked up only where it has rules.
 */
import type { Finding } from "../../contracts/report.ts";
import { guardOf, indexOf, possibleServices } from "../claims/claim-index.ts";
import type { ClaimTable } from "../claims/claim-table.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";

/** An action that the connectors of a fragment call without a rule, although another fragment guards it. */
interface Unguarded {
  readonly action: string;
  readonly exposer: CompiledFragment;
  readonly guardian: CompiledFragment;
  /** The JSON path of the guardian's rule. */
  readonly rule: string;
}

const maxServices = 5;
/** The maximum number of actions per fragment that are compared with the rules of others. */
const maxActions = 1_000;

/**
 * Adds the services whose warnings depend on a changed service: they guard what it exposes, or expose what it
 * guards, now or in the version before.
 */
export function withGuardPartners(
  changed: ReadonlySet<string>,
  table: ClaimTable,
  previous: Pick<CompiledVersion, "chosen"> | undefined,
): ReadonlySet<string> {
  const services = new Set(changed);
  for (const service of changed) {
    for (const fragment of new Set([table.chosen(service), previous?.chosen.get(service)])) {
      if (fragment === undefined) continue;
      for (const { exposer, guardian } of unguardedBy(fragment, table))
        services.add(exposer.service).add(guardian.service);
    }
  }
  return services;
}

/** The warnings about actions that a served fragment exposes, or guards in vain. */
export function unguardedFindings(fragment: CompiledFragment, table: ClaimTable): Finding[] {
  const unguarded = unguardedBy(fragment, table);
  const byAction = Map.groupBy(unguarded, ({ action }) => action);
  return [...byAction.keys()].sort().map((action) => {
    const pairs = byAction.get(action) ?? [];
    return pairs[0]?.exposer === fragment
      ? exposureFinding(action, fragment, pairs)
      : guardFinding(action, pairs);
  });
}

function exposureFinding(action: string, exposer: CompiledFragment, pairs: readonly Unguarded[]): Finding {
  const guardians = pairs.map(({ guardian, rule }) => `\`${guardian.service}\` (${rule})`).sort();
  return {
    severity: "warning",
    code: "ACTION_UNGUARDED",
    jsonPath: indexOf(exposer).open.get(action) ?? "",
    message: `No rule of this fragment applies to \`${action}\`, which ${clause(guardians, "guard")}.`,
    found: action,
    hint: hintFor(action, pairs, `Add a rule for \`${action}\``),
  };
}

function guardFinding(action: string, pairs: readonly Unguarded[]): Finding {
  const exposers = pairs.map(({ exposer }) => `\`${exposer.service}\``).sort();
  return {
    severity: "warning",
    code: "ACTION_UNGUARDED",
    jsonPath: pairs[0]?.rule ?? "",
    message: `This rule guards \`${action}\`, which ${clause(exposers, "expose")} without a rule.`,
    found: action,
    hint: hintFor(action, pairs, "A rule applies to its own fragment only: add one there"),
  };
}

// The rules of an action's owner can apply in other fragments (S7.2).
function hintFor(action: string, pairs: readonly Unguarded[], hint: string): string {
  const isOwner = pairs.some(({ guardian }) => isOwn(action, guardian));
  return isOwner ? `${hint}, or set \`policy.owner\` to true.` : `${hint}.`;
}

function clause(services: readonly string[], verb: string): string {
  const others = services.length - maxServices;
  const names = services.slice(0, maxServices).join(", ");
  if (services.length === 1) return `the service ${names} ${verb}s`;
  return `the services ${names}${others > 0 ? ` and ${others} others` : ""} ${verb}`;
}

function unguardedBy(fragment: CompiledFragment, table: ClaimTable): Unguarded[] {
  return [...exposuresOf(fragment, table), ...vainGuardsOf(fragment, table)];
}

/** What a fragment exposes without a rule, and others guard. */
function exposuresOf(exposer: CompiledFragment, table: ClaimTable): Unguarded[] {
  return openActions(exposer).flatMap((action) => {
    if (hasOwnersRule(action, exposer, table)) return [];
    const services = new Set([...(table.servicesGuarding(action) ?? []), ...possibleServices(action)]);
    services.delete(exposer.service);
    return [...services].flatMap((service): Unguarded[] => {
      const guardian = table.chosen(service);
      const rule = guardian && guardIn(guardian, action);
      return guardian === undefined || rule === undefined ? [] : [{ action, exposer, guardian, rule }];
    });
  });
}

/** What a fragment guards, and others expose without a rule. */
function vainGuardsOf(guardian: CompiledFragment, table: ClaimTable): Unguarded[] {
  if (guardian.gate.rules.length === 0) return [];
  const owners = new Set([guardian.service]);
  for (const action of indexOf(guardian).guarded.keys())
    for (const service of possibleServices(action)) owners.add(service);
  const callers = new Set([...owners].flatMap((owner) => [...(table.servicesMentioning(owner) ?? [])]));
  callers.delete(guardian.service);
  return [...callers].flatMap((service) => {
    const exposer = table.chosen(service);
    if (exposer === undefined) return [];
    return openActions(exposer).flatMap((action): Unguarded[] => {
      const rule = guardIn(guardian, action);
      if (rule === undefined || hasOwnersRule(action, exposer, table)) return [];
      return [{ action, exposer, guardian, rule }];
    });
  });
}

function openActions(fragment: CompiledFragment): readonly string[] {
  return [...indexOf(fragment).open.keys().take(maxActions)];
}

function guardIn(guardian: CompiledFragment, action: string): string | undefined {
  const { guarded } = indexOf(guardian);
  return guarded.get(action) ?? (isOwn(action, guardian) ? guardOf(guardian, action) : undefined);
}

function isOwn(action: string, { service }: CompiledFragment): boolean {
  return action.startsWith(`${service}.`);
}

/** Whether the rules of an action's service apply in a fragment, and one of them guards the action (S7.2). */
function hasOwnersRule(action: string, exposer: CompiledFragment, table: ClaimTable): boolean {
  for (const service of possibleServices(action)) {
    const owner = table.chosen(service);
    if (owner === undefined) continue;
    return (exposer.gate.owner || owner.gate.owner) && guardOf(owner, action) !== undefined;
  }
  return false;
}
