import { describe, expect, test } from "vitest";
import type { Gate } from "../../src/connectors/gate.ts";
import { serviceRules } from "../../src/registry/rules.ts";
import { fragmentOf } from "./fragments.ts";

const guard = { rules: [], admit: () => undefined };
const gate = (owner: boolean): Gate => ({
  owner,
  guard: (_, name) => (name === "player.get" ? guard : undefined),
});
const rulesWith = (owner: boolean) =>
  serviceRules(new Map([["player", { ...fragmentOf({ service: "player" }), gate: gate(owner) }]]));

describe("S7.2: the rules of the service that owns an action", () => {
  test("bind nobody else, unless one of the two fragments says `policy.owner`", () => {
    expect(rulesWith(false).owner("player", "player.get", false)).toBeUndefined();
    expect(rulesWith(false).owner("player", "player.get", true)).toBe(guard);
    expect(rulesWith(true).owner("player", "player.get", false)).toBe(guard);
  });

  test("are only those that match, and only of services that have a fragment", () => {
    expect(rulesWith(true).owner("player", "player.list", true)).toBeUndefined();
    expect(rulesWith(true).owner("team", "team.get", true)).toBeUndefined();
  });
});
