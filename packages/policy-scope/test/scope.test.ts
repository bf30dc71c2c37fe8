import { type PolicyTools, silentLogger, type Verdict } from "@tidegate/core-registry";
import { createFailureLog, createLoadTools, loadPolicy } from "@tidegate/core-registry/runtime";
import { knownFunctions, manualClock, requestScope } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { type ScopeRule, scope } from "../src/index.ts";

const clock = manualClock();
const loadTools = createLoadTools({ clock, limitMs: 1_000 }, createFailureLog(silentLogger, clock));
const policy = loadPolicy(scope(), loadTools);
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
  return policy.compile(rule, {}, tools);
}

async function verdict(rule: ScopeRule, auth: unknown): Promise<Verdict> {
  const rules = await compiled(rule);
  return rules.decide({ kind: "call", name: "player.get", params: {}, scope: requestScope({ auth }) });
}

describe("S7.3 scope", () => {
  test.each([
    ["a list", { scope: ["player", "openid"] }, true],
    ["a space-separated string", { scope: "openid player" }, true],
    ["another scope", { scope: ["team"] }, false],
    ["a longer scope", { scope: ["player.admin"] }, false],
    ["another case", { scope: "Player" }, false],
    ["patterns in the client's scopes", { scope: ["**", "*", "player*"] }, false],
    ["no scopes", {}, false],
    ["scopes that are not strings", { scope: [1, { toString: () => "player" }] }, false],
    ["an object", { scope: { player: true } }, false],
    ["inherited scopes", Object.create({ scope: "player" }), false],
    ["no auth", undefined, false],
  ])("%s: scopes are compared literally, and one is enough", async (_, auth, allowed) => {
    expect((await verdict({ scope: ["player", "x"] }, auth)).allowed).toBe(allowed);
    expect((await verdict({ scopes: ["player", "x"] }, auth)).allowed).toBe(allowed);
  });

  test("`**` always passes and reads no context", async () => {
    const rule = await compiled({ scopes: ["**"] });
    expect(rule.reads).toEqual([]);
    expect((await verdict({ scopes: ["player", "**"] }, undefined)).allowed).toBe(true);
  });

  test("a rule reads auth, and `requirements` is its sorted scopes", async () => {
    const rule = await compiled({ scope: ["b", "a"] });
    expect(rule.reads).toEqual(["auth"]);
    expect(rule.requirements).toEqual(["a", "b"]);
  });

  test("rules of the same effect have the same `requirements`: duplicates, scopes beside `**`", async () => {
    expect((await compiled({ scope: ["b", "a", "b"] })).requirements).toEqual(["a", "b"]);
    expect((await compiled({ scopes: ["a", "**"] })).requirements).toEqual(["**"]);
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
  ])("S10: a change from %j to %j is %s, since one scope of the list is enough", (before, after, access) => {
    expect(policy.compare(before, after)).toBe(access);
  });

  test.each([
    [{ scope: [] }, "An empty list denies every client: list a scope, or `**` to allow all clients."],
    [{ scope: ["a"], scopes: ["b"] }, "`scope` and `scopes` have the same meaning: remove one of them."],
    [{ scope: "a" }, "Scopes must be a list of strings."],
    [{ scopes: [1] }, "A scope must be a string."],
    [{ scope: [""] }, "A scope must not be empty."],
  ])("%j is invalid", async (rule, message) => {
    const { issues = [] } = await policy.schema["~standard"].validate(rule);
    expect(issues.map((issue) => issue.message)).toEqual([message]);
  });

  test("S1.5 the JSON Schema describes both members", () => {
    const { properties } = policy.schema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
    expect(properties).toMatchObject({ scope: { type: "array", minItems: 1 }, scopes: { type: "array" } });
  });
});
