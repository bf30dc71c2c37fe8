import type { Finding } from "../../contracts/report.ts";
import { failureOf, reasonOf } from "../../runtime/boundary/guard.ts";
import { pluginFinding } from "../../runtime/connectors/policy-rules.ts";
import type { FragmentCheck } from "../claims/resolve-conflicts.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import type { CompileInput } from "./types.ts";

/** A fault of one fragment that only shows when the whole is assembled. */
export interface FragmentFault {
  readonly service: string;
  readonly hash: string;
  readonly finding: Finding;
}

/** The fragments that were refused in this merge because of what they did to the whole. */
export class Blame {
  readonly services: Set<string> = new Set();
  /** Protocols that fail whatever they are given. They keep what they assembled before. */
  readonly frozen: Set<string> = new Set();
  /** How many fragments bisection has found in this merge. */
  found = 0;
  readonly #findings = new Map<string, Finding[]>();
  readonly #check: FragmentCheck;

  constructor(check: FragmentCheck) {
    this.#check = check;
  }

  /** The check of a fragment, with the faults that it caused. */
  readonly check: FragmentCheck = (fragment) => {
    const faults = this.#findings.get(keyOf(fragment));
    return faults === undefined ? this.#check(fragment) : [...this.#check(fragment), ...faults];
  };

  /** Blames fragments of an attempt. They are left out of the next one. */
  add(faults: readonly FragmentFault[], { chosen }: Pick<CompiledVersion, "chosen">): void {
    for (const fault of faults) {
      this.#addFinding(fault, fault.finding);
      if (chosen.get(fault.service)?.hash === fault.hash) this.services.add(fault.service);
    }
  }

  /** Blames fragments for an error that an attempt threw. */
  addError(error: unknown, fragments: readonly CompiledFragment[]): void {
    for (const fragment of fragments) {
      this.#addFinding(fragment, errorFinding(error));
      this.services.add(fragment.service);
    }
  }

  isBlamed(fragment: CompiledFragment): boolean {
    return this.#findings.has(keyOf(fragment));
  }

  /** A copy that blames further fragments, for an attempt that is only a trial. */
  with(error: unknown, fragments: readonly CompiledFragment[]): Blame {
    const copy = new Blame(this.#check);
    for (const [key, findings] of this.#findings) copy.#findings.set(key, findings);
    for (const service of this.services) copy.services.add(service);
    for (const protocol of this.frozen) copy.frozen.add(protocol);
    copy.found = this.found;
    copy.addError(error, fragments);
    return copy;
  }

  #addFinding(fragment: Pick<FragmentFault, "service" | "hash">, finding: Finding): void {
    const key = keyOf(fragment);
    this.#findings.set(key, [...(this.#findings.get(key) ?? []), finding]);
  }
}

/** The most fragments that bisection finds for one merge. After these, all that are left are blamed. */
const maxCulprits = 8;

/**
 * Finds the fragments that make an attempt throw, among those that the branch did not serve before. Bisection
 * finds one; after `maxCulprits`, and where a plugin was too late, all of them are blamed, because each trial
 * would take the time limit again.
 * @param attempt compiles without the blamed fragments, and rejects where that throws too
 * @returns an empty list where the fragments that are left are not the cause
 */
export async function findCulprits(
  error: unknown,
  input: CompileInput,
  blame: Blame,
  attempt: (trial: Blame) => Promise<void>,
): Promise<readonly CompiledFragment[]> {
  const candidates = newFragments(error, input, blame);
  const isTooLong = failureOf(error)?.isLate === true || blame.found >= maxCulprits;
  if (candidates.length === 0 || isTooLong) return candidates;
  const passesWithFirst = async (count: number): Promise<boolean> => {
    try {
      await attempt(blame.with(error, candidates.slice(count)));
      return true;
    } catch {
      return false;
    }
  };
  if (!(await passesWithFirst(0))) return [];
  let [passing, failing] = [0, candidates.length];
  while (failing - passing > 1) {
    const middle = (passing + failing) >> 1;
    if (await passesWithFirst(middle)) passing = middle;
    else failing = middle;
  }
  blame.found++;
  return candidates.slice(failing - 1, failing);
}

/** The newest fragments of the services, unless the branch served them before or they are blamed already. */
export function newFragments(
  error: unknown,
  { view, previous }: CompileInput,
  blame: Blame,
): readonly CompiledFragment[] {
  const plugin = failureOf(error)?.plugin;
  return [...view.directory.services.keys()].sort().flatMap((service) => {
    const fragment = view.candidates(service)[0]?.fragment;
    if (fragment === undefined || blame.isBlamed(fragment) || fragment.parts.size === 0) return [];
    if (previous?.chosen.get(service) === fragment) return [];
    return plugin?.kind === "protocol" && !fragment.parts.has(plugin.name) ? [] : [fragment];
  });
}

/** Describes an error of an attempt as the finding of the fragment that causes it. */
export function errorFinding(error: unknown): Finding {
  const plugin = failureOf(error)?.plugin;
  if (plugin !== undefined)
    return pluginFinding(error, plugin.kind === "protocol" ? `protocol.${plugin.name}` : "");
  return {
    severity: "error",
    code: "MERGE_FAILED",
    jsonPath: "",
    message: `The gateway cannot merge this fragment: ${reasonOf(error)}`,
    hint: "This is a fault of the gateway. Report it to the operator.",
  };
}

function keyOf({ service, hash }: Pick<FragmentFault, "service" | "hash">): string {
  return `${service} ${hash}`;
}
