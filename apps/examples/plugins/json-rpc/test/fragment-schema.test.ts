import { createRegistry } from "@tidegate/core-registry/registry";
import { sandbox } from "@tidegate/sandbox";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, onTestFinished, test } from "vitest";
import { jsonRpc } from "../src/index.ts";

test("S1.5: the JSON Schema of fragments with this protocol compiles, and finds its faults", () => {
  const registry = createRegistry({
    brokers: [],
    protocols: [jsonRpc()],
    policies: [],
    contexts: [],
    sandbox: sandbox(),
  });
  onTestFinished(() => registry.stop());
  const valid = new Ajv2020({ strict: true }).compile(registry.fragmentSchema());
  const fragment = (method: object): object => ({
    protocol: { JsonRpc: { methods: [{ method: "add", ...method }] } },
  });
  expect([valid(fragment({ call: { action: "math.add" } })), valid.errors]).toEqual([true, null]);
  expect(valid(fragment({ call: { action: 5 } }))).toBe(false);
  expect(valid.errors?.[0]?.instancePath).toContain("/protocol/JsonRpc/methods/0");
});
