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
  test("parsing and formatting are inverse", () => {
    propertyOf(reference, (given) => {
      expect(parseReference(formatReference(given))).toEqual({ kind: "reference", reference: given });
    });
  });

  test("any text is a literal, a reference with the same format, or invalid at a column", () => {
    propertyOf(
      fc.oneof(
        fc.string(),
        fc.string().map((tail) => `@path${tail}`),
      ),
      (text) => {
        const parsed = parseReference(text);
        if (parsed.kind === "reference") expect(formatReference(parsed.reference)).toBe(text);
        if (parsed.kind === "literal") expect(text).not.toMatch(/^@[A-Za-z_]/);
        if (parsed.kind === "invalid") expect(parsed.column).toBeLessThanOrEqual(text.length);
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
    ["@path.", 6, "Unexpected `.` in a reference."],
    ["@path..id", 6, "Unexpected `..id` in a reference."],
    ["@path.id:int", 9, "Unknown cast `:int`."],
    ["@path.id:", 9, "Unknown cast `:`."],
    ["@path.id[]:number", 11, "Unexpected `:number` in a reference."],
    ["@path.id[0]", 9, "Unexpected `[0]` in a reference."],
    ["@path.id is nice", 9, "Unexpected ` is nice` in a reference."],
  ])("%j is invalid at column %d", (text, column, problem) => {
    expect(parseReference(text)).toEqual({ kind: "invalid", source: "path", column, problem });
  });
});
