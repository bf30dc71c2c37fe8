import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEventName, matches } from "../src/memory/match.ts";

const segment = fc.stringMatching(/^[ab]{1,3}$/);
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
const part = fc.oneof(
  segment,
  fc.constant("**"),
  fc.stringMatching(/^[ab*]{1,4}$/).filter((text) => text !== "**"),
);
const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));

/** The same by regular expressions, which are slow where patterns are hostile. */
function reference(wanted: string): RegExp {
  const parts = wanted
    .split(".")
    .map((each) => (each === "**" ? "[^.]+(?:\\.[^.]+)*" : each.replaceAll(/\*+/g, "[^.]*")));
  return new RegExp(`^${parts.join("\\.")}$`);
}

describe("patterns of event names (S7.1)", () => {
  test("mean what the regular expression means", () => {
    fc.assert(
      fc.property(pattern, name, (wanted, given) => {
        expect(matches(wanted, given)).toBe(reference(wanted).test(given));
      }),
      { numRuns: 5_000 },
    );
  });

  test("`player.**` has player.message.list and not player", () => {
    expect(matches("player.**", "player.message.list")).toBe(true);
    expect(matches("player.**", "player")).toBe(false);
    expect(matches("player.*", "player.message.list")).toBe(false);
  });

  test("take no time that matters, however hostile", () => {
    const before = performance.now();
    expect(matches(`${"*a".repeat(60)}x`, `${"a".repeat(250)}y`)).toBe(false);
    expect(matches(`${"**.".repeat(60)}x`, "a.".repeat(100))).toBe(false);
    expect(performance.now() - before).toBeLessThan(200);
  });

  test("are no names (S6.5)", () => {
    expect(["a", "a.b", "player-1.x_y"].every(isEventName)).toBe(true);
    expect(["", "*", "a.*", "$a", "a..b", ".a", "a.", "a".repeat(257)].some(isEventName)).toBe(false);
  });
});
