import { expect, test } from "vitest";
import { embeddedSchema } from "../src/endpoint/schema.ts";

test("a schema that points elsewhere becomes {} in another document", () => {
  expect(
    embeddedSchema({ type: "object", properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: {} } }),
  ).toEqual({
    type: "object",
    properties: { a: {} },
  });
});

test("members of the author's own may have any name", () => {
  const schema = { properties: { $ref: { type: "string" }, default: { type: "number" }, required: {} } };
  expect(embeddedSchema(schema)).toEqual(schema);
});

test("what is no JSON is left out", () => {
  expect(
    embeddedSchema({ type: "string", default: () => 1, enum: ["a", undefined], minimum: Number.NaN }),
  ).toEqual({
    type: "string",
    enum: ["a", null],
  });
});

test("a schema that holds itself ends", () => {
  const schema: Record<string, unknown> = { type: "object" };
  schema.properties = { self: schema };
  expect(JSON.stringify(embeddedSchema(schema))).toContain('"self"');
});
