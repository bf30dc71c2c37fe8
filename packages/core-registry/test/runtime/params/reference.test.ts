import { describe, expect, test } from "vitest";
import { formatReference, parseReference } from "../../../src/runtime/params/reference.ts";
import { fc, propertyOf } from "../connectors/property.ts";

const key = fc.stringMatching(/^[^.:[\]\s]{1,8}$/);
const reference = fc.record({
  source: fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
  keys: fc.array(key, { maxLength: 5 }),
  cast: fc.constantFrom(undefined, "number" as const, "boolean" as const, "string" as const),
  batched: fc.boolean(),
});

describe("S3 grammar: @source(.key)*[:cast][[]]", () => {
  test("what is written is what is read", () => {
    propertyOf(reference, (given) => {
      expect(parseReference(formatReference(given))).toEqual({ kind: "reference", reference: given });
    });
  });

  test("any text is a literal, a reference that is written the same, or broken at a place in it", () => {
    propertyOf(
      fc.oneof(
        fc.string(),
        fc.string().map((tail) => `@path${tail}`),
      ),
      (text) => {
        const parsed = parseReference(text);
        if (parsed.kind === "reference") expect(formatReference(parsed.reference)).toBe(text);
        if (parsed.kind === "literal") expect(text).not.toMatch(/^@[A-Za-z_]/);
        if (parsed.kind === "broken") expect(parsed.column).toBeLessThanOrEqual(text.length);
      },
    );
  });

  test.each([
    ["", "literal"],
    ["query.bar", "literal"],
    ["@", "literal"],
    ["@ path", "literal"],
    ["a@path.id", "literal"],
  ])("%j is a literal", (text, kind) => {
    expect(parseReference(text).kind).toBe(kind);
  });

  test.each([
    ["@path.", 6, "`.` does not belong here."],
    ["@path..id", 6, "`..id` does not belong here."],
    ["@path.id:int", 9, "There is no cast `:int`."],
    ["@path.id:", 9, "There is no cast `:`."],
    ["@path.id[]:number", 11, "`:number` does not belong here."],
    ["@path.id[0]", 9, "`[0]` does not belong here."],
    ["@path.id is nice", 9, "` is nice` does not belong here."],
  ])("%j is broken at column %d", (text, column, problem) => {
    expect(parseReference(text)).toEqual({ kind: "broken", source: "path", column, problem });
  });
});
