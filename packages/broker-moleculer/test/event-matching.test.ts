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

describe("matchEvent()", () => {
  test("returns the same as Moleculer's `Utils.match`", () => {
    fc.assert(
      fc.property(name, pattern, (given, wanted) => {
        expect(matchEvent(given, wanted)).toBe(original(given, wanted));
      }),
      { numRuns: 20_000 },
    );
  });

  test("takes linear time for patterns that take Moleculer's `Utils.match` exponential time", () => {
    const before = performance.now();
    expect(matchEvent(`${"a".repeat(250)}y`, `${"*".repeat(60)}x`)).toBe(false);
    expect(matchEvent(`${"a".repeat(250)}y`, `${"*a".repeat(60)}x`)).toBe(false);
    expect(matchEvent("a".repeat(1_000_000), `${"*a".repeat(60)}`)).toBe(false);
    expect(performance.now() - before).toBeLessThan(200);
  });

  test("matches brackets literally, and nothing that is not a string", () => {
    expect(matchEvent("a", "(((*")).toBe(false);
    expect(matchEvent("(((a", "(((*")).toBe(true);
    for (const odd of [undefined, null, 7, {}, []]) expect(matchEvent(odd, "**")).toBe(false);
  });
});
