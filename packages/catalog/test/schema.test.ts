import { expect, test } from "vitest";
import { embeddableSchema } from "../src/schema.ts";

test("a schema with $ref becomes {} in another document", () => {
  expect(
    embeddableSchema({ type: "object", properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: {} } }),
  ).toEqual({
    type: "object",
    properties: { a: {} },
  });
});

test("properties can have any name", () => {
  const schema = { properties: { $ref: { type: "string" }, default: { type: "number" }, required: {} } };
  expect(embeddableSchema(schema)).toEqual(schema);
});

test("values that are not JSON are removed", () => {
  expect(
    embeddableSchema({ type: "string", default: () => 1, enum: ["a", undefined], minimum: Number.NaN }),
  ).toEqual({
    type: "string",
    enum: ["a", null],
  });
});

test("a date becomes text, and older forms of tuples become the present one", () => {
  expect(embeddableSchema({ type: "string", default: new Date(0) })).toEqual({
    type: "string",
    default: "1970-01-01T00:00:00.000Z",
  });
  expect(embeddableSchema(Object({ type: "array", items: [{ type: "string" }, true, false] }))).toEqual({
    type: "array",
    prefixItems: [{ type: "string" }, {}, { not: {} }],
    items: {},
  });
});

test("a keyword with a value that it does not allow is left out, and so is an unknown one", () => {
  const schema = { type: "string", minLength: -1, maxLength: 5, pattern: "(", nullable: true, "x-a": 1 };
  expect(embeddableSchema(schema)).toEqual({ type: "string", maxLength: 5 });
});

test("a list of too many values is left out as a whole, and a schema that contains itself twice ends", () => {
  const values = Array.from({ length: 10_000 }, (_, index) => index);
  expect(embeddableSchema({ type: "integer", enum: values })).toEqual({ type: "integer" });
  const schema: Record<string, unknown> = { type: "object" };
  schema.properties = { one: schema, other: schema };
  expect(JSON.stringify(embeddableSchema(schema)).length).toBeLessThan(500_000);
});

test("a recursive schema is cut at the maximum depth", () => {
  const schema: Record<string, unknown> = { type: "object" };
  schema.properties = { self: schema };
  expect(JSON.stringify(embeddableSchema(schema))).toContain('"self"');
});
