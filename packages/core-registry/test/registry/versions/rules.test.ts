import { describe, expect, test } from "vitest";
import { serviceRules } from "../../../src/registry/versions/version.ts";
import type { PolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import { fragmentOf } from "../fragments.ts";

const guard = { rules: [], check: () => undefined };
const gate = (owner: boolean): PolicyGate => ({
  owner,
  rules: [],
  lifecycles: [],
  rulesFor: (_, name) => (name === "player.get" ? guard : undefined),
});
const rulesWith = (owner: boolean) =>
  serviceRules(new Map([["player", { ...fragmentOf({ service: "player" }), gate: gate(owner) }]]));

describe("S7.2: the rules of the service that owns an action", () => {
  test("apply to other fragments only where one of the two says `policy.owner`", () => {
    expect(rulesWith(false).ownerRules("player", "player.get", false)).toBeUndefined();
    expect(rulesWith(false).ownerRules("player", "player.get", true)).toBe(guard);
    expect(rulesWith(true).ownerRules("player", "player.get", false)).toBe(guard);
  });

  test("are only those that match, and only of services that have a fragment", () => {
    expect(rulesWith(true).ownerRules("player", "player.list", true)).toBeUndefined();
    expect(rulesWith(true).ownerRules("team", "team.get", true)).toBeUndefined();
  });
});
