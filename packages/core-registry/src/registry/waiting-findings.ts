import type { Finding } from "../contracts/finding.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import { indexOf } from "./fragment-index.ts";
import type { Parts } from "./parts.ts";

const mostTold = 100;
const mostNames = 5;

/** What is told of a fragment's claims that wait for something that nobody defines (S5.8). */
export function waitingFindings(
  fragment: CompiledFragment,
  parts: Parts,
  isHeld: (key: string) => boolean,
): Finding[] {
  const waits = indexOf(fragment).claims.filter(
    ({ protocol, claim }) => parts.get(protocol)?.get(fragment.service)?.waiting.has(claim.key) === true,
  );
  // A fragment may have thousands; each place is looked up in the whole text.
  return waits.slice(0, mostTold).flatMap(({ protocol, claim, needs }): Finding[] => {
    const missing = needs.flatMap((anyOf) => (anyOf.some(isHeld) ? [] : anyOf));
    const some = missing.slice(0, mostNames).map((key) => `\`${key.slice(protocol.length + 1)}\``);
    const names = `${some.join(", ")}${missing.length > mostNames ? " and others" : ""}`;
    return [
      {
        severity: "info",
        code: "CLAIM_WAITING",
        jsonPath: claim.jsonPath,
        message: `\`${claim.label ?? claim.key}\` waits for ${names}, which no service defines.`,
        ...claim.locate?.(),
        hint: "It comes in by itself as soon as they appear.",
      },
    ];
  });
}
