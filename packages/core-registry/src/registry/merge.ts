/**
 * One merge of one branch, from top to bottom (S9). `merge` runs these steps:
 *
 * 1. `findRetained` compiles again the fragments that the ledger names and no node publishes any more.
 * 2. `resolveConflicts` decides which fragment each service uses, and so who owns each claim.
 * 3. `settleWaiting` marks the definitions that need something that no service defines.
 * 4. `assembleVersion` makes the routes of each protocol and the version; unchanged parts are shared.
 * 5. `breakingFaults` finds the changes that this branch refuses because they break clients.
 * 6. A fragment with a fault in step 4 or 5 is blamed, and steps 2 to 5 run again without that fragment.
 *    Where a step throws, bisection finds the fragment that causes it (`merge/blame.ts`).
 * 7. `nextLedger` records what the current fragments alone cannot tell: owners and accepted fragments.
 * 8. `integrationsOf` and `removalsOf` say what became of each fragment, for the reports.
 *
 * Steps 2 to 7 are `compile`: a pure function of view and ledger, so that every gateway makes the same
 * version. The branch publishes the result by one assignment; see `branches/branch.ts`.
 */
import { TidegateError } from "../contracts/errors.ts";
import type { Change } from "../contracts/report.ts";
import { failureOf } from "../runtime/boundary/guard.ts";
import type { ClaimTable } from "./claims/claim-table.ts";
import { type FragmentCheck, type Resolution, resolveConflicts } from "./claims/resolve-conflicts.ts";
import { settleWaiting, waitingFindingsOf } from "./claims/waiting.ts";
import { difference } from "./difference/difference.ts";
import { assemble, collectParts, isUnchanged } from "./merge/assemble.ts";
import { Blame, errorFinding, type FragmentFault, findCulprits, newFragments } from "./merge/blame.ts";
import { breakingFindings, checkAgainstDirectory } from "./merge/checks.ts";
import { integrationsOf, removalsOf } from "./merge/integration.ts";
import type { CompileInput, CompileResult, MergeInput, MergeResult, MergeTools } from "./merge/types.ts";
import { withGuardPartners } from "./merge/unguarded.ts";
import { acceptedFragments, findRetained, nextLedger } from "./merge/use-ledger.ts";
import type { CompiledVersion } from "./versions/compiled-version.ts";
import { createVersion } from "./versions/version.ts";
import { recompile } from "./versions/version-cache.ts";

/** Merges what a view shows into a version; nothing is published yet. */
export async function merge(input: MergeInput, tools: MergeTools): Promise<MergeResult> {
  const { view, ledger, snapshot } = input;
  const { fragments, masterTable, runtime } = tools;
  const retained = await findRetained(input, fragments);
  await runtime.yieldToEventLoop();
  const breakingChanges = tools.breakingChanges.get(view.branch) ?? tools.breakingChanges.get("*") ?? "warn";
  const check: FragmentCheck = (fragment) => [
    ...checkAgainstDirectory(fragment, snapshot),
    ...tools.starts.faultsOf(fragment),
    ...tools.late.faultsOf(fragment),
  ];
  // A gateway that starts has no previous version: it compares with what the ledger says was accepted.
  const isFirst = input.previous === undefined && breakingChanges === "block" && ledger.accepted.size > 0;
  const result = await compile({
    view,
    ledger,
    parentTable: masterTable,
    previous: isFirst
      ? await recompile(acceptedFragments(view, ledger, masterTable, retained), tools)
      : input.previous,
    parent: tools.masterVersion(),
    protocols: tools.protocols,
    pluginFailed: tools.pluginFailed,
    late: tools.late,
    breakingChanges,
    check,
    retained: (_service, hash) => retained.get(hash),
    difference: (before, after) => difference(before, after, tools),
    runtime,
  });
  await runtime.yieldToEventLoop();
  const integrations = [...integrationsOf(view, result, check), ...removalsOf(view, input.previous)];
  return { ...result, integrations };
}

/**
 * Compiles what a branch shows: equal view and ledger give an equal version, in whatever order the fragments
 * came (S9.4). A fragment that cannot be assembled is refused, and everything else is compiled without it
 * (S9.6).
 *
 * @throws {TidegateError} where compiling fails, and no fragment and no plugin is the cause
 */
export async function compile(input: CompileInput): Promise<CompileResult> {
  const blame = new Blame(input.check);
  for (;;) {
    try {
      const { resolution, attempt, faults } = await compileOnce(input, blame);
      if (faults.length === 0) return resultOf(resolution, attempt, input);
      blame.add(faults, attempt);
    } catch (error) {
      await blameForError(error, input, blame);
    }
  }
}

/** One attempt: steps 2 to 5, without the fragments that are blamed. */
async function compileOnce(
  input: CompileInput,
  blame: Blame,
): Promise<{
  readonly resolution: Resolution;
  readonly attempt: Attempt;
  readonly faults: readonly FragmentFault[];
}> {
  const { parentTable, runtime } = input;
  const resolution = await resolveConflicts({
    ...input,
    check: blame.check,
    blamed: blame.services,
    yieldToEventLoop: runtime.yieldToEventLoop,
  });
  await settleWaiting(resolution.table, parentTable, runtime.yieldToEventLoop);
  const attempt = await assembleVersion(resolution.table, input, blame.frozen);
  const faults = attempt.faults.length > 0 ? attempt.faults : breakingFaults(attempt, input);
  await runtime.yieldToEventLoop();
  return { resolution, attempt, faults };
}

/**
 * Blames the fragment that makes an attempt throw. A protocol that fails whatever it is given is frozen, and
 * its new fragments are refused.
 * @throws the error, where neither is the cause
 */
async function blameForError(error: unknown, input: CompileInput, blame: Blame): Promise<void> {
  if (input.runtime.signal.aborted) throw error;
  const culprits = await findCulprits(error, input, blame, async (trial) => {
    await compileOnce(input, trial);
  });
  const { plugin, isLate } = failureOf(error) ?? {};
  if (isLate === true) input.late.add(culprits, errorFinding(error));
  if (culprits.length > 0) blame.addError(error, culprits);
  else if (plugin?.kind === "protocol" && !blame.frozen.has(plugin.name)) {
    blame.frozen.add(plugin.name);
    blame.addError(error, newFragments(error, input, blame));
  } else throw error;
  input.pluginFailed(error);
}

/** A version that was assembled, with what is wrong with its fragments. */
interface Attempt extends CompiledVersion {
  readonly faults: readonly FragmentFault[];
  readonly changes: readonly Change[];
}

async function assembleVersion(
  table: ClaimTable,
  input: CompileInput,
  frozen: ReadonlySet<string>,
): Promise<Attempt> {
  const { previous, parent, protocols, runtime } = input;
  const known = previous ?? parent;
  const fragments = table
    .services()
    .sort()
    .flatMap((service) => table.chosen(service) ?? []);
  const parts = collectParts(fragments, table, protocols, known?.parts);
  const same = [previous, parent].find((one) => one !== undefined && isUnchanged(one, fragments, parts));
  if (same !== undefined)
    return { ...same, faults: [], changes: same === known ? [] : input.difference(known, same) };
  await runtime.yieldToEventLoop();
  const chosen = new Map(fragments.map((fragment) => [fragment.service, fragment]));
  const { assembled, faults } = await assemble(parts, protocols, known, runtime, frozen);
  const made = { version: createVersion(chosen, parts, protocols, assembled), chosen, parts };
  await runtime.yieldToEventLoop();
  return {
    ...made,
    faults: faults.flatMap(({ origin: { service, hash }, finding }) => {
      if (chosen.get(service)?.hash === hash) return [{ service, hash, finding }];
      input.pluginFailed(unknownOrigin(service));
      return [];
    }),
    changes: faults.length > 0 ? [] : input.difference(known, made),
  };
}

function unknownOrigin(service: string): TidegateError {
  const message = `A protocol plugin refused a fragment of the service '${service}' that it was not given.`;
  return new TidegateError("PLUGIN_FAILED", message);
}

function breakingFaults(
  attempt: Attempt,
  { breakingChanges, previous, protocols }: CompileInput,
): FragmentFault[] {
  if (breakingChanges !== "block" || previous === undefined) return [];
  // A rule that became narrower is never refused: its author closes access on purpose.
  const changes = attempt.changes.filter(({ plugin }) => protocols.some(({ name }) => name === plugin));
  return [...breakingFindings(previous, { ...attempt, changes }, "error")].flatMap(([service, findings]) => {
    const hash = attempt.chosen.get(service)?.hash;
    return hash === undefined ? [] : findings.map((finding) => ({ service, hash, finding }));
  });
}

function resultOf(resolution: Resolution, attempt: Attempt, input: CompileInput): CompileResult {
  const { version, chosen, parts, changes } = attempt;
  const { previous, breakingChanges } = input;
  const changed = servicesChanged(resolution, attempt, previous);
  const changedServices = withGuardPartners(changed, resolution.table, previous);
  return {
    compilation: {
      version,
      chosen,
      parts,
      breakingFindings:
        previous === undefined || breakingChanges === "off"
          ? new Map()
          : breakingFindings(previous, attempt, "warning"),
      ledger: nextLedger(input, resolution, chosen),
      refused: resolution.refused,
      contested: resolution.contested,
    },
    table: resolution.table,
    changes,
    changedServices,
    waiting: waitingFindingsOf(changedServices, attempt, resolution.table),
  };
}

function servicesChanged(
  { affected, refused }: Resolution,
  { chosen, parts }: CompiledVersion,
  previous: CompiledVersion | undefined,
): ReadonlySet<string> {
  const changed = new Set([...affected, ...refused.keys()]);
  // `forEach` allocates no pair for each entry: a change must not cost garbage for every service.
  chosen.forEach((fragment, service) => {
    if (previous?.chosen.get(service) !== fragment) changed.add(service);
  });
  previous?.chosen.forEach((_, service) => {
    if (!chosen.has(service)) changed.add(service);
  });
  for (const [protocol, byService] of parts) {
    const before = previous?.parts.get(protocol);
    byService.forEach((part, service) => {
      if (before?.get(service) !== part) changed.add(service);
    });
  }
  return changed;
}
