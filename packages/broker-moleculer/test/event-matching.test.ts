import fc from "fast-check";
import { Utils } from "moleculer";
import { describe, expect, test } from "vitest";
import { matchEvent } from "../src/patches/event-matching.ts";

const original = Utils.match;
const part = fc.constantFrom("a", "b", ".", "*", "**", "?", "a.");
const pattern = fc
  .tuple(fc.constantFrom("", "$"), fc.array(part, { maxLength: 6 }))
  .map(([prefix, parts]) => prefix + parts.join(""));
const name = fc.stringMatching(/^\$?[ab.]{0,8}$/);

describe("matching event names for Moleculer", () => {
  test("means what Moleculer's own matching means", () => {
    fc.assert(
      fc.property(name, pattern, (given, wanted) => {
        expect(matchEvent(given, wanted)).toBe(original(given, wanted));
      }),
      { numRuns: 20_000 },
    );
  });

  test("takes no time that matters for what takes Moleculer's own for ever", () => {
    const before = performance.now();
    expect(matchEvent(`${"a".repeat(250)}y`, `${"*".repeat(60)}x`)).toBe(false);
    expect(matchEvent(`${"a".repeat(250)}y`, `${"*a".repeat(60)}x`)).toBe(false);
    expect(matchEvent("a".repeat(1_000_000), `${"*a".repeat(60)}`)).toBe(false);
    expect(performance.now() - before).toBeLessThan(200);
  });

  test("takes brackets as they are, and what is no text as no match", () => {
    expect(matchEvent("a", "(((*")).toBe(false);
    expect(matchEvent("(((a", "(((*")).toBe(true);
    for (const odd of [undefined, null, 7, {}, []]) expect(matchEvent(odd, "**")).toBe(false);
  });
});
