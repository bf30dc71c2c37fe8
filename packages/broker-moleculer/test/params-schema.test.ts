import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paramsSchema } from "../src/discovery/params-schema.ts";

/** The schema of one property `x` with the given rule, and whether it is required. */
function member(rule: unknown): { schema: unknown; required: boolean } {
  const schema = paramsSchema({ x: rule });
  return { schema: schema?.properties?.x, required: schema?.required?.includes("x") ?? false };
}

describe("the params of an action as JSON Schema (S13, S3.3)", () => {
  test.for([
    ["string", { type: "string" }, true],
    ["number|optional", { type: "number" }, false],
    ["number|integer|min:1|max:9", { type: "integer", minimum: 1, maximum: 9 }, true],
    ["boolean", { type: "boolean" }, true],
    ["email", { type: "string", format: "email" }, true],
    ["uuid|optional:true", { type: "string", format: "uuid" }, false],
    ["date", { type: "string", format: "date-time" }, true],
    ["string[]", { type: "array", items: { type: "string" } }, true],
    ["number[]|optional", { type: "array", items: { type: "number" } }, false],
    ["any", {}, true],
    [true, {}, true],
    [{ type: "string", min: 2, max: 5 }, { type: "string", minLength: 2, maxLength: 5 }, true],
    [{ type: "number", optional: true }, { type: "number" }, false],
    [{ type: "number", default: 3 }, { type: "number", default: 3 }, false],
    [{ type: "string", nullable: true }, { anyOf: [{ type: "string" }, { type: "null" }] }, true],
    [{ type: "enum", values: ["a", "b"] }, { enum: ["a", "b"] }, true],
    [{ type: "equal", value: 7 }, { enum: [7] }, true],
    [{ type: "forbidden" }, { enum: [] }, false],
    [
      { type: "array", items: "number", min: 1 },
      { type: "array", items: { type: "number" }, minItems: 1 },
      true,
    ],
    [{ type: "record", value: "number" }, { type: "object", additionalProperties: { type: "number" } }, true],
    [{ type: "class", instanceOf: "Buffer" }, {}, true],
    [["string", "number"], { anyOf: [{ type: "string" }, { type: "number" }] }, true],
    [["string|optional", { type: "number" }], { anyOf: [{ type: "string" }, { type: "number" }] }, false],
    [
      { type: "multi", rules: ["string", "boolean"] },
      { anyOf: [{ type: "string" }, { type: "boolean" }] },
      true,
    ],
    [
      { type: "object", props: { id: "number", name: "string|optional" } },
      {
        type: "object",
        properties: { id: { type: "number" }, name: { type: "string" } },
        required: ["id"],
      },
      true,
    ],
    [
      { $$type: "object|optional", id: "number" },
      { type: "object", properties: { id: { type: "number" } }, required: ["id"] },
      false,
    ],
    [
      { type: "object", strict: true, properties: { id: "number|optional" } },
      { type: "object", properties: { id: { type: "number" } }, additionalProperties: false },
      true,
    ],
  ] as const)("%j", ([rule, schema, required]) => {
    expect(member(rule)).toEqual({ schema, required });
  });

  test("`$$strict` and `$$root` are applied, other `$$` keys are ignored", () => {
    expect(paramsSchema({ $$strict: true, $$async: true, id: "number" })).toEqual({
      type: "object",
      properties: { id: { type: "number" } },
      required: ["id"],
      additionalProperties: false,
    });
    expect(paramsSchema({ $$root: true, type: "array", items: "string" })).toEqual({
      type: "array",
      items: { type: "string" },
    });
  });

  test("without declared params there is no schema, and malicious params do not throw", () => {
    for (const nothing of [undefined, null, 7, "string", ["string"]])
      expect(paramsSchema(nothing)).toBeUndefined();
    expect(paramsSchema(JSON.parse('{"__proto__":{"type":"string"},"constructor":"number"}'))).toEqual({
      type: "object",
      properties: { constructor: { type: "number" } },
      required: ["constructor"],
    });
    let deep: object = { type: "string" };
    for (let depth = 0; depth < 5_000; depth++) deep = { type: "array", items: deep };
    expect(() => paramsSchema({ deep })).not.toThrow();
    fc.assert(
      fc.property(fc.jsonValue(), (params) => {
        expect(() => paramsSchema(params)).not.toThrow();
      }),
    );
  });
});
