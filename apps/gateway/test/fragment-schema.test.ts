import { defineProtocol, silentLogger } from "@tidegate/core-registry";
import { createRegistry } from "@tidegate/core-registry/registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { sandbox } from "@tidegate/sandbox";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { compose } from "../src/config/compose.ts";
import { readConfig } from "../src/config/tree.ts";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { ask, readPage } from "./page.ts";

type Tree = { readonly label: string; readonly children?: readonly Tree[] | undefined };

/** Zod describes the recursion by a reference to the root of the schema. */
const tree: z.ZodType<Tree> = z.strictObject({
  label: z.string(),
  get children() {
    return z.array(tree).optional();
  },
});

const trees = defineProtocol({
  name: "Trees",
  schema: tree,
  compile: () => ({ routes: [], endpoints: [] }),
});

/** Starts a gateway and compiles the JSON Schema that it serves. */
async function compileServed(schema: object): Promise<ValidateFunction> {
  const gateway = createDefaultGateway(
    compose(
      readConfig({
        brokers: [memoryBroker().broker],
        schema,
        server: { protocol: { http: { port: 0 } } },
        logger: silentLogger,
        admin: false,
      }),
    ),
  );
  onTestFinished(() => gateway.stop());
  const [listening] = await gateway.start();
  const { body } = await ask(`${listening?.url}/~catalog/fragment.json`);
  return new Ajv2020({ strict: true }).compile(JSON.parse(body));
}

describe("S1.5: the JSON Schema of fragments", () => {
  test("compiles in a validator of 2020-12, and accepts what the gateway accepts", async () => {
    const valid = await compileServed({});
    const page = await readPage("docs/fragment.md");
    for (const text of page("json fragment"))
      expect([valid(JSON.parse(text)), valid.errors]).toEqual([true, null]);
    expect(valid({ $schema: "./fragment.schema.json", protocol: {} })).toBe(true);
  });

  test("refuses what the gateway refuses, at the same place", async () => {
    const valid = await compileServed({});
    const placeOf = (fragment: unknown): string => {
      expect(valid(fragment)).toBe(false);
      return valid.errors?.[0]?.instancePath ?? "";
    };
    const routes = (route: object): object => ({ protocol: { REST: { basePath: "/a", routes: [route] } } });
    expect(placeOf({ brnch: "a" })).toBe("");
    expect(placeOf(routes({ method: "FETCH", path: "/", map: "() => 1" }))).toBe(
      "/protocol/REST/routes/0/method",
    );
    expect(placeOf({ policy: { call: [{ actions: ["a.b"], scope: [] }] } })).toBe("/policy/call/0/scope");
    expect(placeOf({ policy: { call: [{ actions: ["a.b"], scpoe: ["a"] }] } })).toBe("/policy/call/0");
  });

  test("members of a disabled policy are no fault", async () => {
    const valid = await compileServed({ policy: { scope: false } });
    expect(valid({ policy: { call: [{ actions: ["a.b"], scope: ["a"] }] } })).toBe(true);
  });

  test("a plugin's references to its own root point to its part", async () => {
    const valid = await compileServed({ protocol: { Trees: trees } });
    const part = (children: readonly object[]): object => ({
      protocol: { [trees.name]: { label: "a", children } },
    });
    expect(valid(part([{ label: "b", children: [{ label: "c" }] }]))).toBe(true);
    expect(valid(part([{ label: "b", children: [{ lable: "c" }] }]))).toBe(false);
  });

  test("a member `$schema` is allowed, and is not part of the hash", async () => {
    const registry = createRegistry({
      brokers: [],
      protocols: [rest()],
      policies: [],
      contexts: [],
      sandbox: sandbox(),
    });
    onTestFinished(() => registry.stop());
    const fragment = {
      protocol: { REST: { basePath: "/a", routes: [{ method: "GET", path: "/", map: "() => 1" }] } },
    };
    const [without, withSchema] = [
      await registry.check({ service: "a", fragment }),
      await registry.check({ service: "a", fragment: { $schema: "./fragment.schema.json", ...fragment } }),
    ];
    expect(withSchema).toMatchObject({ state: without.state, findings: [], hash: without.hash });
    expect(
      (await registry.check({ service: "a", fragment: { $schema: 5, ...fragment } })).findings,
    ).toMatchObject([{ code: "FRAGMENT_INVALID", jsonPath: "$schema" }]);
  });
});
