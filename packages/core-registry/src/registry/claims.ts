import type { Claim } from "../contracts/protocol.ts";
import type { CompiledFragment } from "./compile-fragment.ts";

/** A claim that cannot be had, because another service has it. */
export interface Conflict {
  /** The protocol's key. */
  readonly protocol: string;
  /** What was claimed. */
  readonly claim: Claim;
  /** Who holds it. */
  readonly holder: string;
}

/** Who holds which claim among the fragments of one version in the making. */
export class Holders {
  readonly #byKey = new Map<
    string,
    { readonly shared: string | undefined; readonly services: Set<string> }
  >();

  /** The claims of a fragment that others hold, and that cannot be shared with them. */
  conflicts(fragment: CompiledFragment): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const [protocol, claim] of claimsOf(fragment)) {
      const held = this.#byKey.get(claimKey(protocol, claim.key));
      if (held === undefined || (held.shared !== undefined && held.shared === claim.shared)) continue;
      const holder = [...held.services].find((service) => service !== fragment.service);
      if (holder !== undefined) conflicts.push({ protocol, claim, holder });
    }
    return conflicts;
  }

  /** Enters a fragment's claims. */
  add(fragment: CompiledFragment): void {
    for (const [protocol, claim] of claimsOf(fragment)) {
      const key = claimKey(protocol, claim.key);
      const held = this.#byKey.get(key);
      if (held === undefined)
        this.#byKey.set(key, { shared: claim.shared, services: new Set([fragment.service]) });
      else held.services.add(fragment.service);
    }
  }

  /** Takes a fragment's claims out. */
  remove(fragment: CompiledFragment): void {
    for (const [protocol, claim] of claimsOf(fragment)) {
      const key = claimKey(protocol, claim.key);
      const held = this.#byKey.get(key);
      held?.services.delete(fragment.service);
      if (held?.services.size === 0) this.#byKey.delete(key);
    }
  }
}

/** A claim's key over all protocols: `REST GET /players/:`. */
export function claimKey(protocol: string, key: string): string {
  return `${protocol} ${key}`;
}

/** Every claim of a fragment with its protocol's key. */
export function* claimsOf(fragment: CompiledFragment): Iterable<readonly [protocol: string, claim: Claim]> {
  for (const [protocol, part] of fragment.parts) for (const claim of part.claims) yield [protocol, claim];
}
