import { TidegateError } from "../../contracts/errors.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { Protocol } from "../../contracts/protocol.ts";
import type { Change, Finding } from "../../contracts/report.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { Board } from "../claims/claim-table.ts";
import {
  type Admission,
  admit,
  type Contested,
  type Judge,
  type Refusal,
} from "../claims/resolve-conflicts.ts";
import { settleWaiting, waitingFindings } from "../claims/waiting.ts";
import type { BreakingChanges } from "../contract.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { makeVersion } from "../versions/version.ts";
import { assembleAll, type Parts, partsOf } from "./assemble.ts";
import { breakingFindings } from "./checks.ts";
import { nextLedger } from "./next-ledger.ts";

/** What a branch is compiled from, and with. */
export interface CompileInput {
  /** What the branch shows. */
  readonly view: View;
  /** What history says. */
  readonly ledger: Ledger;
  /** A board to begin at: master's as it is, or an empty one. It must not change meanwhile. */
  readonly base: Board;
  /** What the branch served before; undefined where that is not at hand. */
  readonly previous: CompiledVersion | undefined;
  /** Something to take unchanged things from, where there is no `previous`: what master serves. */
  readonly fork: CompiledVersion | undefined;
  /** The protocols, in order. */
  readonly protocols: readonly Protocol[];
  /** What breaking changes do on this branch. */
  readonly breakingChanges: BreakingChanges;
  /** Judges a fragment by what it alone cannot tell: errors refuse it. */
  readonly judge: Judge;
  /** Finds the fragment that the ledger names, where no node publishes it any more. */
  lastGood(service: string, hash: string): CompiledFragment | undefined;
  /** What differs between two versions. */
  difference(before: CompiledVersion | undefined, after: CompiledVersion): readonly Change[];
  /** Takes what the protocols write. */
  readonly logger: Logger;
  /** Fires when the result is not wanted any more. */
  readonly signal: AbortSignal;
  /** Gives the event loop its turns. */
  readonly yieldToEventLoop: YieldToEventLoop;
}

/** What became of a view. */
export interface Compilation extends CompiledVersion {
  /** What the next compilation is to know. */
  readonly ledger: Ledger;
  /** Services whose newest fragment was refused, and why. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** What more than one service claims, by claim. */
  readonly contested: ReadonlyMap<string, Contested>;
  /** Breaking changes that were let in, by service, as warnings. */
  readonly broke: ReadonlyMap<string, readonly Finding[]>;
}

/** A compilation, and what is needed to go on from it. */
export interface Compiling {
  /** What became of the view. */
  readonly compilation: Compilation;
  /** The board that it was made on, over the base: to be committed where the base is to follow. */
  readonly board: Board;
  /** What differs from `previous`; of a branch's first version, from what it forks. */
  readonly changes: readonly Change[];
  /** Services of which anything may have changed: only of these there is something to tell. */
  readonly touched: ReadonlySet<string>;
  /** What of them waits for something that nobody defines, by service. */
  readonly waiting: ReadonlyMap<string, readonly Finding[]>;
}

/**
 * Compiles what a branch shows: who may have what, what waits, and one whole of each protocol's parts. A function of its
 * arguments: equal view and ledger give an equal version, whatever the order in which anything came (S9.4). A fragment
 * that cannot be assembled is refused, and the rest is compiled again (S9.6).
 */
export async function compile(input: CompileInput): Promise<Compiling> {
  const broken = new Map<string, Finding[]>();
  const suspects = new Set<string>();
  const judge: Judge = (fragment) => {
    const faults = broken.get(fragmentKey(fragment));
    return faults === undefined ? input.judge(fragment) : [...input.judge(fragment), ...faults];
  };
  for (;;) {
    const admission = await admit({ ...input, judge, suspects });
    await settleWaiting(admission.board, input.base, input.yieldToEventLoop);
    const attempt = await assembleBoard(admission.board, input);
    const faults =
      attempt.faults.length > 0
        ? attempt.faults.map(({ origin, finding }) => ({ key: `${origin.service} ${origin.hash}`, finding }))
        : refusedBreaks(attempt, input);
    await input.yieldToEventLoop();
    if (faults.length === 0) return finished(admission, attempt, input);
    const services = new Map([...attempt.chosen.values()].map((one) => [fragmentKey(one), one.service]));
    // Else it would go round for ever.
    if (!faults.some(({ key }) => services.has(key)))
      throw new TidegateError("PLUGIN_INVALID", "A protocol refuses a fragment that it was not given.");
    for (const { key, finding } of faults) {
      broken.set(key, [...(broken.get(key) ?? []), finding]);
      const service = services.get(key);
      if (service !== undefined) suspects.add(service);
    }
  }
}

/** What one round made. */
interface Attempt extends CompiledVersion {
  readonly faults: Awaited<ReturnType<typeof assembleAll>>["faults"];
  readonly changes: readonly Change[];
}

function fragmentKey({ service, hash }: CompiledFragment): string {
  return `${service} ${hash}`;
}

async function assembleBoard(board: Board, input: CompileInput): Promise<Attempt> {
  const { previous, fork, protocols, yieldToEventLoop } = input;
  const near = previous ?? fork;
  const fragments = board
    .services()
    .sort()
    .flatMap((service) => board.chosen(service) ?? []);
  const parts = partsOf(fragments, board, protocols, near?.parts);
  const same = [previous, fork].find((known) => known !== undefined && isSame(known, fragments, parts));
  if (same !== undefined)
    return { ...same, faults: [], changes: same === near ? [] : input.difference(near, same) };
  await yieldToEventLoop();
  const chosen = new Map(fragments.map((fragment) => [fragment.service, fragment]));
  const { assembled, faults } = await assembleAll(parts, { ...input, previous: near?.version.assembled });
  const made = { version: makeVersion(chosen, parts, protocols, assembled), chosen, parts };
  await yieldToEventLoop();
  return { ...made, faults, changes: faults.length > 0 ? [] : input.difference(near, made) };
}

// Documentation is not part of a fragment's hash (S1.4): with the same id but other objects, the documentation is new.
function isSame(known: CompiledVersion, fragments: readonly CompiledFragment[], parts: Parts): boolean {
  if (known.chosen.size !== fragments.length) return false;
  if (fragments.some((fragment) => known.chosen.get(fragment.service) !== fragment)) return false;
  return [...parts].every(([protocol, byService]) => {
    const before = known.parts.get(protocol);
    for (const service of byService.keys()) if (before?.get(service) !== byService.get(service)) return false;
    return true;
  });
}

function refusedBreaks(
  attempt: Attempt,
  { breakingChanges, previous, protocols }: CompileInput,
): { readonly key: string; readonly finding: Finding }[] {
  if (breakingChanges !== "block" || previous === undefined) return [];
  // Rules that became narrower are never held up: who closes a door means it.
  const changes = attempt.changes.filter(({ plugin }) => protocols.some(({ key }) => key === plugin));
  return [...breakingFindings(previous, { ...attempt, changes }, "error")].flatMap(([service, findings]) => {
    const fragment = attempt.chosen.get(service);
    return fragment === undefined ? [] : findings.map((finding) => ({ key: fragmentKey(fragment), finding }));
  });
}

function finished(admission: Admission, attempt: Attempt, input: CompileInput): Compiling {
  const { version, chosen, parts, changes } = attempt;
  const { previous, breakingChanges } = input;
  const broke =
    previous === undefined || breakingChanges === "off"
      ? new Map<string, readonly Finding[]>()
      : breakingFindings(previous, attempt, "warning");
  const touched = touchedServices(admission, attempt, previous);
  return {
    compilation: {
      version,
      chosen,
      parts,
      broke,
      ledger: nextLedger(input, admission, chosen),
      refused: admission.refused,
      contested: admission.contested,
    },
    board: admission.board,
    changes,
    touched,
    waiting: waitingOf(touched, attempt, admission.board),
  };
}

function waitingOf(
  touched: ReadonlySet<string>,
  { chosen, parts }: CompiledVersion,
  board: Board,
): ReadonlyMap<string, readonly Finding[]> {
  const waiting = new Map<string, readonly Finding[]>();
  for (const service of touched) {
    const fragment = chosen.get(service);
    if (fragment === undefined || board.waiting(service).size === 0) continue;
    waiting.set(
      service,
      waitingFindings(fragment, parts, (key) => board.isHeld(key)),
    );
  }
  return waiting;
}

function touchedServices(
  { stirred, refused }: Admission,
  { chosen, parts }: CompiledVersion,
  previous: CompiledVersion | undefined,
): ReadonlySet<string> {
  const touched = new Set([...stirred, ...refused.keys()]);
  // `forEach` makes no pair of each entry: a change is not to leave garbage for every service there is.
  chosen.forEach((fragment, service) => {
    if (previous?.chosen.get(service) !== fragment) touched.add(service);
  });
  previous?.chosen.forEach((_, service) => {
    if (!chosen.has(service)) touched.add(service);
  });
  for (const [protocol, byService] of parts) {
    const before = previous?.parts.get(protocol);
    byService.forEach((part, service) => {
      if (before?.get(service) !== part) touched.add(service);
    });
  }
  return touched;
}
