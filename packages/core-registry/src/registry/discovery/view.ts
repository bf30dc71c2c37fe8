import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { memoize } from "../../runtime/memoize.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { type Directory, type DirectoryService, effectiveOffers } from "./directory.ts";

/** The fragments of a directory that a branch can use (S9.1). */
export interface View {
  readonly branch: string;
  readonly directory: Directory;
  /**
   * The fragments of a service, in the order in which the branch tries them: those published for the branch,
   * newest first, then those of master. Empty where the service publishes neither.
   */
  candidates(service: string): readonly Candidate[];
}

/** A fragment that a branch can use. */
export interface Candidate {
  readonly fragment: CompiledFragment;
  /** The lowest revision with which the fragment was seen. Higher is newer (S9.2). */
  readonly revision: number;
  /** The nodes that publish the fragment, including nodes that are gone but not removed yet. */
  readonly nodes: readonly string[];
  /** Those of the nodes that receive calls of other branches too (S13.1). */
  readonly exposed: readonly string[];
}

/** Creates the view that a branch has of a directory. Pure: the view depends on the arguments only. */
export function view(branch: string, directory: Directory): View {
  return {
    branch,
    directory,
    candidates(name) {
      const service = directory.services.get(name);
      return service === undefined ? noCandidates : candidatesOf(service, branch);
    },
  };
}

/**
 * Whether a service publishes a fragment for a branch, also where its last node is gone but not removed yet.
 */
export function publishesFor(service: DirectoryService, branch: string): boolean {
  return candidatesByBranch(service).has(branch);
}

/** The names of the services that publish a fragment for a branch. */
export function servicesOf({ services }: Directory, branch: string): string[] {
  const names: string[] = [];
  services.forEach((service, name) => {
    if (publishesFor(service, branch)) names.push(name);
  });
  return names;
}

/**
 * All fragments that the nodes of a service publish. Of equal ones that with the newest documentation comes
 * first.
 */
export function* publishedFragments({ services }: Directory, name: string): Iterable<CompiledFragment> {
  const service = services.get(name);
  if (service === undefined) return;
  for (const candidates of candidatesByBranch(service).values())
    for (const { fragment } of candidates) yield fragment;
  for (const { fragment } of service.offers) if (fragment !== undefined) yield fragment;
}

const noCandidates: readonly Candidate[] = [];

function candidatesOf(service: DirectoryService, branch: string): readonly Candidate[] {
  const byBranch = candidatesByBranch(service);
  return byBranch.get(branch) ?? byBranch.get(masterBranch) ?? noCandidates;
}

/** Memoized, since a service that did not change has the same candidates in every new directory. */
const candidatesByBranch = memoize((service: DirectoryService): ReadonlyMap<string, readonly Candidate[]> => {
  const sorted = new Map<string, readonly Candidate[]>();
  for (const [branch, drafts] of draftsByBranch(service)) sorted.set(branch, sortDrafts(service, drafts));
  const master = sorted.get(masterBranch) ?? noCandidates;
  for (const [branch, own] of sorted) if (branch !== masterBranch) sorted.set(branch, [...own, ...master]);
  return sorted;
});

/** A candidate that is being collected from the offers of several nodes. */
interface Draft {
  fragment: CompiledFragment;
  /** The revision whose documentation `fragment` has. */
  documented: number;
  readonly nodes: string[];
  readonly exposed: string[];
}

/** Collects the candidates of a service by branch, then by hash. */
function draftsByBranch(service: DirectoryService): ReadonlyMap<string, ReadonlyMap<string, Draft>> {
  const byBranch = new Map<string, Map<string, Draft>>();
  for (const { fragment, node, description } of effectiveOffers(service)) {
    if (fragment?.branch === undefined) continue;
    const drafts = byBranch.get(fragment.branch) ?? new Map<string, Draft>();
    byBranch.set(fragment.branch, drafts);
    const { revision = 0 } = description;
    const draft = drafts.get(fragment.hash) ?? { fragment, documented: revision, nodes: [], exposed: [] };
    drafts.set(fragment.hash, draft);
    // Equal fragments differ in their documentation only: the newest counts (S1.4).
    if (revision > draft.documented) Object.assign(draft, { fragment, documented: revision });
    draft.nodes.push(node.id);
    if (description.exposed === true) draft.exposed.push(node.id);
  }
  return byBranch;
}

function sortDrafts(service: DirectoryService, drafts: ReadonlyMap<string, Draft>): readonly Candidate[] {
  return [...drafts.values()]
    .map(({ documented: _, ...draft }) => ({
      ...draft,
      revision: service.revisions.get(draft.fragment.hash) ?? 0,
    }))
    .sort(newestFirst);
}

function newestFirst(one: Candidate, other: Candidate): number {
  return other.revision - one.revision || (one.fragment.hash > other.fragment.hash ? -1 : 1);
}
