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

test("a recursive schema is cut at the maximum depth", () => {
  const schema: Record<string, unknown> = { type: "object" };
  schema.properties = { self: schema };
  expect(JSON.stringify(embeddableSchema(schema))).toContain('"self"');
});
