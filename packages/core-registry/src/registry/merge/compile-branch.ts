import type { DirectorySnapshot } from "../../contracts/directory.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { Board } from "../claims/claim-table.ts";
import type { BreakingChanges } from "../contract.ts";
import { type DifferencePlugins, difference } from "../difference/difference.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { FragmentStore, StoredFragment } from "../discovery/fragment-store.ts";
import type { View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { recompile } from "../versions/recompile.ts";
import { judge } from "./checks.ts";
import { type Compiling, compile } from "./compile.ts";

/** Compiles what branches show, over what master serves. */
export interface BranchCompiler {
  /** Compiles a view. */
  compile(
    view: View,
    ledger: Ledger,
    previous: CompiledVersion | undefined,
    snapshot: DirectorySnapshot,
  ): Promise<Compiling>;
  /** Compiles a version again. The board must not change meanwhile. */
  recompile(recipe: readonly StoredFragment[]): Promise<CompiledVersion>;
}

/** What compiling branches needs. */
export interface BranchCompilerOptions extends DifferencePlugins {
  /** Where master's fragments are placed. */
  readonly board: Board;
  /** Every fragment that is known. */
  readonly fragments: FragmentStore;
  /** What breaking changes do, by branch; `*`: on all others. */
  readonly breakingChanges: Readonly<Record<string, BreakingChanges>>;
  /** What master serves: unchanged things are taken from it. */
  near(): CompiledVersion | undefined;
  /** Takes what the protocols write. */
  readonly logger: Logger;
  /** Fires when nothing is wanted any more. */
  readonly signal: AbortSignal;
  /** Gives the event loop its turns. */
  readonly yieldToEventLoop: YieldToEventLoop;
}

/** A compiler for all branches. */
export function createBranchCompiler(options: BranchCompilerOptions): BranchCompiler {
  const { board, fragments, protocols, near, logger, signal, yieldToEventLoop } = options;
  // A branch may be called `constructor`.
  const guards = new Map(Object.entries(options.breakingChanges));

  const again = (chosen: readonly CompiledFragment[]): Promise<CompiledVersion> =>
    recompile(chosen, { base: board, protocols, near: near(), logger, signal, yieldToEventLoop });

  // The ledger may name fragments that are compiled no more.
  const lastGoodOf = async (
    view: View,
    ledger: Ledger,
    previous: CompiledVersion | undefined,
  ): Promise<Map<string, CompiledFragment>> => {
    const wanted: (readonly [service: string, hash: string])[] = [];
    const want = (hash: string | null, service: string): void => {
      const candidates = view.candidates(service);
      if (hash !== null && candidates.length > 0 && candidates[0]?.fragment.hash !== hash)
        wanted.push([service, hash]);
    };
    ledger.accepted.forEach(want);
    ledger.pins.forEach(want);
    const found = new Map<string, CompiledFragment>();
    for (const [service, hash] of wanted) {
      const served = previous?.chosen.get(service);
      const source = served?.hash === hash ? undefined : fragments.find(service, hash);
      if (served?.hash === hash) found.set(hash, served);
      else if (source !== undefined) found.set(hash, await fragments.recompile(source));
    }
    return found;
  };

  const acceptedOf = (
    view: View,
    ledger: Ledger,
    lastGood: ReadonlyMap<string, CompiledFragment>,
  ): Promise<CompiledVersion> =>
    again(
      [...view.directory.services.keys()].flatMap((service) => {
        const known = ledger.accepted.get(service);
        const hash = known === undefined ? board.chosen(service)?.hash : known;
        if (typeof hash !== "string") return [];
        const published = view.candidates(service).find(({ fragment }) => fragment.hash === hash);
        return published?.fragment ?? lastGood.get(hash) ?? [];
      }),
    );

  return {
    async compile(view, ledger, previous, snapshot) {
      const lastGood = await lastGoodOf(view, ledger, previous);
      await yieldToEventLoop();
      const guard = guards.get(view.branch) ?? guards.get("*") ?? "warn";
      // A gateway that starts compares with what the ledger says was accepted.
      const isBlind = previous === undefined && guard === "block" && ledger.accepted.size > 0;
      return await compile({
        view,
        ledger,
        base: board,
        previous: isBlind ? await acceptedOf(view, ledger, lastGood) : previous,
        fork: near(),
        protocols,
        breakingChanges: guard,
        judge: (fragment) => judge(fragment, snapshot),
        lastGood: (_service, hash) => lastGood.get(hash),
        difference: (before, after) => difference(before, after, options),
        logger,
        signal,
        yieldToEventLoop,
      });
    },
    async recompile(recipe) {
      const revived: CompiledFragment[] = [];
      for (const source of recipe) {
        const fragment = fragments.recompile(source);
        revived.push(fragment instanceof Promise ? await fragment : fragment);
        await yieldToEventLoop();
      }
      return await again(revived);
    },
  };
}
