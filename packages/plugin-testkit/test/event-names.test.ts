import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEventName, matchesEvent } from "../src/memory/event-names.ts";

const segment = fc.stringMatching(/^[ab]{1,3}$/);
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
const part = fc.oneof(
  segment,
  fc.constant("**"),
  fc.stringMatching(/^[ab*]{1,4}$/).filter((text) => text !== "**"),
);
const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));

/** The same as a regular expression, which is slow for hostile patterns. */
function reference(wanted: string): RegExp {
  const parts = wanted
    .split(".")
    .map((each) => (each === "**" ? "[^.]+(?:\\.[^.]+)*" : each.replaceAll(/\*+/g, "[^.]*")));
  return new RegExp(`^${parts.join("\\.")}$`);
}

describe("patterns of event names (S7.1)", () => {
  test("match like the equivalent regular expression", () => {
    fc.assert(
      fc.property(pattern, name, (wanted, given) => {
        expect(matchesEvent(wanted, given)).toBe(reference(wanted).test(given));
      }),
      { numRuns: 5_000 },
    );
  });

  test("`player.**` matches player.message.list, but not player", () => {
    expect(matchesEvent("player.**", "player.message.list")).toBe(true);
    expect(matchesEvent("player.**", "player")).toBe(false);
    expect(matchesEvent("player.*", "player.message.list")).toBe(false);
  });

  test("hostile patterns are matched fast", () => {
    const before = performance.now();
    expect(matchesEvent(`${"*a".repeat(60)}x`, `${"a".repeat(250)}y`)).toBe(false);
    expect(matchesEvent(`${"**.".repeat(60)}x`, "a.".repeat(100))).toBe(false);
    expect(performance.now() - before).toBeLessThan(200);
  });

  test("are not names (S6.5)", () => {
    expect(["a", "a.b", "player-1.x_y"].every(isEventName)).toBe(true);
    expect(
      ["", "*", "a.*", "$a", "a..b", ".a", "a.", "a?b", "a!", "{a}", "[a]", "(a)", "a".repeat(257)].some(
        isEventName,
      ),
    ).toBe(false);
  });
});
