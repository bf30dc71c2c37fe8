import type { PolicyTools, Verdict } from "@tidegate/core-registry";
import { knownFunctions, requestScope } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { type ScopeRule, scope } from "../src/index.ts";

const policy = scope();
const tools: PolicyTools = {
  kind: "call",
  origin: { service: "player", hash: "a".repeat(32), jsonPath: "policy.call[0]" },
  sandbox: knownFunctions(),
  contexts: ["auth"],
  addFinding: () => undefined,
  reportRuntime: () => undefined,
  console: () => undefined,
};
async function compiled(rule: ScopeRule) {
  return policy.compile(rule, tools);
}

async function verdict(rule: ScopeRule, auth: unknown): Promise<Verdict> {
  const rules = await compiled(rule);
  return rules.decide({ kind: "call", name: "player.get", params: {}, scope: requestScope({ auth }) });
}

describe("S7.3 scope", () => {
  test.each([
    ["a list", { scope: ["player", "openid"] }, true],
    ["a space-separated text", { scope: "openid player" }, true],
    ["another scope", { scope: ["team"] }, false],
    ["a longer scope", { scope: ["player.admin"] }, false],
    ["another case", { scope: "Player" }, false],
    ["a pattern of the client's", { scope: ["**", "*", "player*"] }, false],
    ["no scopes", {}, false],
    ["scopes that are no texts", { scope: [1, { toString: () => "player" }] }, false],
    ["scopes that are an object", { scope: { player: true } }, false],
    ["inherited scopes", Object.create({ scope: "player" }), false],
    ["no auth", undefined, false],
  ])("%s: compared literally, one is enough", async (_, auth, allowed) => {
    expect((await verdict({ scope: ["player", "x"] }, auth)).allowed).toBe(allowed);
    expect((await verdict({ scopes: ["player", "x"] }, auth)).allowed).toBe(allowed);
  });

  test("`**` always passes, and asks for no auth", async () => {
    const rule = await compiled({ scopes: ["**"] });
    expect(rule.reads).toEqual([]);
    expect((await verdict({ scopes: ["player", "**"] }, undefined)).allowed).toBe(true);
  });

  test("it reads auth, and says what it asks as data, whatever the order", async () => {
    const rule = await compiled({ scope: ["b", "a"] });
    expect(rule.reads).toEqual(["auth"]);
    expect(rule.asks).toEqual(["a", "b"]);
  });

  test("rules that ask the same say the same: scopes named twice, or beside `**`", async () => {
    expect((await compiled({ scope: ["b", "a", "b"] })).asks).toEqual(["a", "b"]);
    expect((await compiled({ scopes: ["a", "**"] })).asks).toEqual(["**"]);
  });

  test.each([
    [["a"], ["a", "b"], "wider"],
    [["a", "b"], ["b"], "narrower"],
    [["a"], ["**"], "wider"],
    [["**"], ["a"], "narrower"],
    [["a"], ["b"], "unclear"],
    [["a", "b"], ["b", "c"], "unclear"],
    ["a", ["a"], "unclear"],
    [["a"], [1], "unclear"],
  ])("S10: %j became %j: %s, as one scope of the list is enough", (before, after, access) => {
    expect(policy.compare?.(before, after)).toBe(access);
  });

  test.each([
    [{ scope: [] }, "An empty list lets nobody in: name a scope, or `**` for everybody."],
    [{ scope: ["a"], scopes: ["b"] }, "`scope` and `scopes` are one thing: keep one."],
    [{ scope: "a" }, "Scopes are a list of texts."],
    [{ scopes: [1] }, "A scope is a text."],
    [{ scope: [""] }, "A scope is a text, not empty."],
  ])("%j is a fault", async (rule, message) => {
    const { issues = [] } = await policy.schema["~standard"].validate(rule);
    expect(issues.map((issue) => issue.message)).toEqual([message]);
  });

  test("S1.5 both members are described", () => {
    const { properties } = policy.schema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
    expect(properties).toMatchObject({ scope: { type: "array", minItems: 1 }, scopes: { type: "array" } });
  });
});
