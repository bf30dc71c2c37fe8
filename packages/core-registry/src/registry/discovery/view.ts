import { masterBranch } from "../../runtime/fragment/fragment.ts";
import { memoize } from "../../runtime/memoize.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { type Directory, type DirectoryService, ownOffers } from "./directory.ts";

/** What a branch shows of a directory (S9.1). */
export interface View {
  /** The branch. */
  readonly branch: string;
  /** What there is. */
  readonly directory: Directory;
  /**
   * The fragments that a service may use on the branch, the one to be used first: the branch's own, newest first, then
   * master's. Empty where it publishes none for the branch.
   */
  candidates(service: string): readonly Candidate[];
}

/** One fragment that a branch may show. */
export interface Candidate {
  /** The fragment. */
  readonly fragment: CompiledFragment;
  /** How new it is (S9.2). */
  readonly revision: number;
  /** The nodes that publish it, also those that just went. */
  readonly nodes: readonly string[];
  /** Those of its nodes that callers of other branches reach too (S13.1). */
  readonly exposed: readonly string[];
}

/** What `branch` shows of a directory. Pure: equal arguments, equal view. */
export function view(branch: string, directory: Directory): View {
  return {
    branch,
    directory,
    candidates(name) {
      const service = directory.services.get(name);
      return service === undefined ? none : candidatesOf(service, branch);
    },
  };
}

/** Whether a service publishes a fragment for a branch, also where its last node just went. */
export function publishesFor(service: DirectoryService, branch: string): boolean {
  return byBranch(service).has(branch);
}

/** The services of a directory that publish a fragment for a branch. */
export function servicesOf({ services }: Directory, branch: string): string[] {
  const names: string[] = [];
  services.forEach((service, name) => {
    if (publishesFor(service, branch)) names.push(name);
  });
  return names;
}

/** Every fragment that the nodes of a service publish; of equal ones the one whose documentation counts comes first. */
export function* publishedFragments({ services }: Directory, name: string): Iterable<CompiledFragment> {
  const service = services.get(name);
  if (service === undefined) return;
  for (const candidates of byBranch(service).values()) for (const { fragment } of candidates) yield fragment;
  for (const { fragment } of service.offers) if (fragment !== undefined) yield fragment;
}

const none: readonly Candidate[] = [];
function candidatesOf(service: DirectoryService, branch: string): readonly Candidate[] {
  const branches = byBranch(service);
  return branches.get(branch) ?? branches.get(masterBranch) ?? none;
}

/** A service that did not change has the same candidates on every branch that does not concern it. */
const byBranch = memoize((service: DirectoryService): ReadonlyMap<string, readonly Candidate[]> => {
  const made = new Map<string, Map<string, Draft>>();
  for (const { fragment, node, description } of ownOffers(service)) {
    if (fragment?.branch === undefined) continue;
    const drafts = made.get(fragment.branch) ?? new Map<string, Draft>();
    made.set(fragment.branch, drafts);
    const { revision = 0 } = description;
    const draft = drafts.get(fragment.hash) ?? { fragment, documented: revision, nodes: [], exposed: [] };
    drafts.set(fragment.hash, draft);
    // Of equal fragments the newest one's documentation counts (S1.4).
    if (revision > draft.documented) Object.assign(draft, { fragment, documented: revision });
    draft.nodes.push(node.id);
    if (description.exposed === true) draft.exposed.push(node.id);
  }
  const sorted = new Map<string, readonly Candidate[]>();
  for (const [branch, drafts] of made) sorted.set(branch, inOrder(service, drafts));
  const master = sorted.get(masterBranch) ?? none;
  for (const [branch, own] of sorted) if (branch !== masterBranch) sorted.set(branch, [...own, ...master]);
  return sorted;
});

interface Draft {
  fragment: CompiledFragment;
  documented: number;
  readonly nodes: string[];
  readonly exposed: string[];
}

function inOrder(service: DirectoryService, drafts: ReadonlyMap<string, Draft>): readonly Candidate[] {
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
