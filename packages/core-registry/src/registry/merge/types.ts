import type { DirectorySnapshot } from "../../contracts/directory.ts";
import type { Change, Finding, IntegrationState } from "../../contracts/report.ts";
import type { LoadedProtocol } from "../../runtime/boundary/load-protocol.ts";
import type { ClaimTable } from "../claims/claim-table.ts";
import type { Contested, FragmentCheck, Refusal } from "../claims/resolve-conflicts.ts";
import type { BreakingChanges } from "../contract.ts";
import type { DifferencePlugins } from "../difference/difference.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { FragmentStore } from "../discovery/fragment-store.ts";
import type { View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Runtime } from "../runtime.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import type { FragmentStarts } from "./fragment-starts.ts";
import type { LateFragments } from "./late-fragments.ts";

/** What the merges of all branches share. */
export interface MergeTools extends DifferencePlugins {
  /** The claims of master as they are served: every merge starts from them. */
  readonly masterTable: ClaimTable;
  readonly fragments: FragmentStore;
  /** What a breaking change does, by branch; `*` stands for all other branches. */
  readonly breakingChanges: ReadonlyMap<string, BreakingChanges>;
  /** What master serves now: merges share its unchanged parts. */
  masterVersion(): CompiledVersion | undefined;
  readonly runtime: Runtime;
  readonly starts: FragmentStarts;
  readonly late: LateFragments;
  /** Receives the failures of plugins, which the gateway logs. */
  pluginFailed(error: unknown): void;
}

/** One branch at the moment of its merge. */
export interface MergeInput {
  readonly view: View;
  readonly ledger: Ledger;
  /** What the branch served before; undefined at its first merge, or where that was evicted. */
  readonly previous: CompiledVersion | undefined;
  readonly snapshot: DirectorySnapshot;
}

/** The result of a merge, before it is published. */
export interface MergeResult extends CompileResult {
  /** What became of each fragment of the branch's own services that the merge can have changed. */
  readonly integrations: readonly Integration[];
}

/** Everything that the result of `compile` depends on. */
export interface CompileInput {
  readonly view: View;
  readonly ledger: Ledger;
  /** A table to start from: master's, or an empty one. It must not change during the merge. */
  readonly parentTable: ClaimTable;
  readonly previous: CompiledVersion | undefined;
  /** A version to share unchanged parts with where there is no `previous`: what master serves. */
  readonly parent: CompiledVersion | undefined;
  /** In order of precedence. */
  readonly protocols: readonly LoadedProtocol[];
  /** Receives the failures of plugins, which the gateway logs. */
  pluginFailed(error: unknown): void;
  /** Fragments with which a plugin was too late in a merge before. */
  readonly late: LateFragments;
  readonly breakingChanges: BreakingChanges;
  readonly check: FragmentCheck;
  /** The fragment that the ledger names although no node publishes it. */
  retained(service: string, hash: string): CompiledFragment | undefined;
  difference(before: CompiledVersion | undefined, after: CompiledVersion): readonly Change[];
  readonly runtime: Pick<Runtime, "logger" | "signal" | "yieldToEventLoop">;
}

/** A version with what its next merge has to know. */
export interface Compilation extends CompiledVersion {
  readonly ledger: Ledger;
  /** Services whose newest fragment was refused, and why. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Claims of more than one service, by claim. */
  readonly contested: ReadonlyMap<string, Contested>;
  /** Warnings about breaking changes that were accepted, by service. */
  readonly breakingFindings: ReadonlyMap<string, readonly Finding[]>;
}

/** A compiled version, with what a merge reports about it. */
export interface CompileResult {
  readonly compilation: Compilation;
  /** The claims, over `parentTable`: committed where the parent is to follow (master). */
  readonly table: ClaimTable;
  /** What differs from `previous`; for the first version of a branch, from `parent`. */
  readonly changes: readonly Change[];
  /** Services that the merge can have changed: only these are reported. */
  readonly changedServices: ReadonlySet<string>;
  /** Findings about definitions that wait, by service. */
  readonly waiting: ReadonlyMap<string, readonly Finding[]>;
}

/** One attempt to merge a fragment on one branch, or to take it out (S9). */
export interface Integration {
  readonly type: "merge" | "remove";
  readonly fragment: CompiledFragment;
  readonly state: IntegrationState;
  readonly findings: readonly Finding[];
  /** The nodes that publish the fragment. */
  readonly nodes: readonly string[];
  /** Identifies hash, state and findings: equal outcomes are reported once. */
  readonly outcome: string;
}
