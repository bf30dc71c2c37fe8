import type { ConnectorDescription, Json, JsonSchema } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { connectorInputs, type Inputs } from "../src/inputs.ts";

const declared: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "integer" },
    name: { type: "string", maxLength: 40 },
    age: { type: "number" },
  },
  required: ["id", "name"],
};

function inputsOf(params: Json | undefined, sources: string[], implicitParams = true): Inputs {
  const connector: ConnectorDescription = {
    kind: "call",
    origin: { service: "player", hash: "", jsonPath: "" },
    action: "player.update",
    implicitParams,
    implicitSources: sources,
    ...(params !== undefined && { params }),
  };
  return connectorInputs(connector, new Set(["id"]), declared);
}

describe("inputs of an endpoint (S3)", () => {
  test("S3.3: the action's params come from the path, then the query", () => {
    const { path, query, body } = inputsOf(undefined, ["path", "query"]);
    expect(path.get("id")).toEqual({ schema: { type: "integer" }, required: true });
    expect([...query]).toEqual([
      ["name", { schema: { type: "string", maxLength: 40 }, required: true }],
      ["age", { schema: { type: "number" }, required: false }],
    ]);
    expect(body).toBeUndefined();
  });

  test("S3.3: the action's params come from the path, then the body", () => {
    expect(inputsOf({ age: "@query.a" }, ["path", "body"]).body).toEqual({
      schema: {
        type: "object",
        properties: { name: { type: "string", maxLength: 40 } },
        required: ["name"],
      },
      required: true,
    });
  });

  test("S3.3: implicitParams false: only the params of the mapping", () => {
    const { path, query, body } = inputsOf({ id: "@path.id" }, ["path", "body"], false);
    expect([...path.keys()]).toEqual(["id"]);
    expect([query.size, body]).toEqual([0, undefined]);
  });

  test("a mapped parameter has the declared schema of its target; a cast overrides it", () => {
    const { query } = inputsOf({ name: "@query.n", age: "@query.years:number" }, ["path"], false);
    expect(query.get("n")?.schema).toEqual({ type: "string", maxLength: 40 });
    expect(query.get("years")?.schema).toEqual({ type: "number" });
  });

  test("references are found at any depth of the mapping and of the body", () => {
    const params = { where: { any: ["@body.filter.name", "@body.filter.age:number", "@context.id"] } };
    expect(inputsOf(params, [], false).body).toEqual({
      schema: {
        type: "object",
        properties: {
          filter: { type: "object", properties: { name: {}, age: { type: "number" } } },
        },
      },
      required: false,
    });
  });

  test('the whole body ("@body") has the schema of the declared params', () => {
    expect(inputsOf("@body", ["path", "body"]).body).toEqual({ schema: declared, required: true });
  });

  test('the whole query ("@query") is one parameter for each declared property', () => {
    expect([...inputsOf("@query", ["path", "query"]).query.keys()]).toEqual(["id", "name", "age"]);
  });

  test("plain values and other sources are no inputs", () => {
    const { path, query, body } = inputsOf({ a: "plain", b: "@context.auth.sub", c: "@home" }, [], false);
    expect([path.size, query.size, body]).toEqual([0, 0, undefined]);
  });
});
