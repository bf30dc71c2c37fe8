import { masterBranch } from "../fragment/fragment.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { type Directory, type DirectoryService, ownOffers } from "./directory.ts";

/** What a branch shows (S9.1): per service its candidates, the one to be used first. */
export interface View {
  /** The branch. */
  readonly branch: string;
  /** By service name. */
  readonly services: ReadonlyMap<string, ServiceView>;
}

/** One service as a branch may show it. */
export interface ServiceView {
  /** Full name. */
  readonly service: string;
  /** The branch's own fragments, newest first, then master's. Never empty. */
  readonly candidates: readonly Candidate[];
}

/** One fragment that a branch may show. */
export interface Candidate {
  /** The fragment. */
  readonly fragment: CompiledFragment;
  /** How new it is (S9.2). */
  readonly revision: number;
  /** The nodes that publish it, also those that just went. */
  readonly nodes: readonly string[];
}

/** What `branch` shows of a directory. Pure: equal arguments, equal view. */
export function view(branch: string, directory: Directory): View {
  const services = new Map<string, ServiceView>();
  for (const service of directory.services.values()) {
    const candidates = candidatesOf(service, branch);
    if (candidates.length > 0) services.set(service.name, { service: service.name, candidates });
  }
  return { branch, services };
}

function candidatesOf(service: DirectoryService, branch: string): readonly Candidate[] {
  const own = candidatesOn(service, branch);
  return branch === masterBranch ? own : [...own, ...candidatesOn(service, masterBranch)];
}

function candidatesOn(service: DirectoryService, branch: string): Candidate[] {
  const byHash = new Map<string, { fragment: CompiledFragment; nodes: string[] }>();
  for (const offer of ownOffers(service)) {
    if (offer.fragment === undefined || offer.fragment.branch !== branch) continue;
    const known = byHash.get(offer.fragment.hash);
    if (known === undefined)
      byHash.set(offer.fragment.hash, { fragment: offer.fragment, nodes: [offer.node.id] });
    else known.nodes.push(offer.node.id);
  }
  return [...byHash.values()]
    .map(({ fragment, nodes }) => ({ fragment, nodes, revision: service.revisions.get(fragment.hash) ?? 0 }))
    .sort(newestFirst);
}

function newestFirst(one: Candidate, other: Candidate): number {
  return other.revision - one.revision || (one.fragment.hash > other.fragment.hash ? -1 : 1);
}
