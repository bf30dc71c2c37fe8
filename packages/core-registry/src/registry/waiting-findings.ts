import type { Finding } from "../contracts/finding.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { indexOf } from "./fragment-index.ts";
import type { Parts } from "./parts.ts";

/** What is told of a fragment's claims that wait for something that nobody defines (S5.8). */
export function waitingFindings(
  fragment: CompiledFragment,
  parts: Parts,
  isHeld: (key: string) => boolean,
): Finding[] {
  return indexOf(fragment).claims.flatMap(({ protocol, claim, needs }): Finding[] => {
    if (parts.get(protocol)?.get(fragment.service)?.waiting.has(claim.key) !== true) return [];
    const missing = needs.flatMap((anyOf) => (anyOf.some(isHeld) ? [] : anyOf));
    const names = missing.map((key) => `\`${key.slice(protocol.length + 1)}\``).join(", ");
    return [
      {
        severity: "info",
        code: "CLAIM_WAITING",
        jsonPath: claim.jsonPath,
        message: `\`${claim.label ?? claim.key}\` waits for ${names}, which no service defines.`,
        ...claim.place?.(),
        hint: "It comes in by itself as soon as they appear.",
      },
    ];
  });
}
