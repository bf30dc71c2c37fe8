import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type ConnectorInput,
  connectorMembers,
  normalizeConnectors,
} from "../../../src/runtime/connectors/schema.ts";
import { checkAgainst } from "../../../src/runtime/fragment/issues.ts";

const schema = z.strictObject({ ...connectorMembers });

describe("S2.2 short forms", () => {
  const normalized = (input: ConnectorInput) => {
    const faults: string[] = [];
    const connectors = normalizeConnectors(input, (path, message) =>
      faults.push(`${path.join(".")}: ${message}`),
    );
    return { connectors, faults };
  };
  const action = "file.upload";
  const members = { params: "@body", if: "() => 1", map: "() => 2", implicitParams: false };

  test('`call: "name"` with params, map, if and implicitParams beside it', () => {
    expect(normalized({ call: action, ...members }).connectors).toEqual({
      call: { action, ...members },
      short: "call",
    });
  });

  test("`action` and `params` directly on the endpoint", () => {
    expect(normalized({ action, params: { a: 1 } }).connectors).toEqual({
      call: { action, params: { a: 1 } },
      short: "action",
    });
  });

  test("the long forms are unchanged", () => {
    expect(normalized({ call: { action } }).connectors).toEqual({ call: { action } });
    expect(normalized({ publish: { event: "e" } }).connectors).toEqual({ publish: { event: "e" } });
    expect(normalized({ map: "() => 1" }).connectors).toEqual({ map: "() => 1" });
  });

  test.each([
    [{}, ""],
    [{ call: { action }, action }, "action"],
    [{ call: { action }, publish: { event: "e" } }, "publish"],
    [{ call: action, publish: { event: "e" } }, "publish"],
    [{ call: { action }, map: "() => 1" }, "map"],
    [{ publish: { event: "e" }, map: "() => 1" }, "map"],
    [{ publish: { event: "e" }, params: "@body" }, "params"],
    [{ call: { action }, if: "() => 1" }, "if"],
  ])("%j is refused at %j", (input, at) => {
    const { connectors, faults } = normalized(input);
    expect(connectors).toBeUndefined();
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${at}: `))]);
  });
});

describe("S1 the members of connectors are checked", () => {
  const found = async (value: unknown) =>
    (await checkAgainst(schema, value, "protocol.REST.routes[0]")).findings.map(({ jsonPath, message }) => [
      jsonPath,
      message,
    ]);

  test("a problem inside `call` has its JSON path", async () => {
    expect(await found({ call: { action: 1, parms: {} } })).toEqual([
      ["protocol.REST.routes[0].call.action", "Expected the full name of an action."],
      ["protocol.REST.routes[0].call.parms", expect.stringContaining("parms")],
    ]);
  });

  test.each([[1], [""], [null], [[]]])("`call: %j` is neither form", async (call) => {
    expect(await found({ call })).toEqual([
      ["protocol.REST.routes[0].call", "Expected the name of an action, or an object with an `action`."],
    ]);
  });

  test("`publish` needs an event; functions are texts; params are JSON", async () => {
    expect((await found({ publish: {}, map: 1, params: () => 1 })).map(([path]) => path)).toEqual([
      "protocol.REST.routes[0].params",
      "protocol.REST.routes[0].publish.event",
      "protocol.REST.routes[0].map",
    ]);
  });

  test("S1.5 the schema describes both forms of `call`", () => {
    const described = schema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
    expect(described.properties).toMatchObject({
      call: {
        anyOf: [{ type: "string" }, { type: "object", required: ["action"], additionalProperties: false }],
      },
    });
  });
});
