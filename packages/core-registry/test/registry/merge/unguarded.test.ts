import { expect, test, vi } from "vitest";
import { ClaimTable } from "../../../src/registry/claims/claim-table.ts";
import type { CompiledFragment } from "../../../src/registry/discovery/compile-fragment.ts";
import { unguardedFindings, withGuardPartners } from "../../../src/registry/merge/unguarded.ts";
import { emptyPolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import type { GateRule } from "../../../src/runtime/connectors/policy-rules.ts";
import { fragmentOf } from "../fragments.ts";

/** A fragment that calls an action, under a rule for it where it is guarded. */
function calling(service: string, action: string, isGuarded = false): CompiledFragment {
  const fragment = fragmentOf({ service, label: `${action} ${isGuarded}`, claims: [`GET /${service}`] });
  const { hash } = fragment;
  const origin = { service, hash, jsonPath: "policy.call[0]" };
  const rule: GateRule = {
    kind: "call",
    matches: (name) => name === action,
    checks: [],
    hasCondition: true,
    allowsAll: false,
    description: { origin, names: [action], requirements: { scope: ["admin"] } },
  };
  const connector = { kind: "call", origin: { ...origin, jsonPath: "protocol.T.x" }, action } as const;
  return {
    ...fragment,
    gate: isGuarded ? { ...emptyPolicyGate, rules: [rule] } : emptyPolicyGate,
    endpoints: fragment.endpoints.map((endpoint) => ({ ...endpoint, connectors: [connector] })),
  };
}

/** A table of 1,000 services that call an action of their own, half of them under a rule. */
function tableOf(...more: readonly CompiledFragment[]): ClaimTable {
  const table = new ClaimTable();
  for (let index = 0; index < 1_000; index++)
    table.assign(calling(`s${index}`, `s${index}.get`, index % 2 === 0));
  for (const fragment of more) table.assign(fragment);
  return table;
}

test("S7.7: a change looks at the fragments that share its actions, not at those of all services", () => {
  const table = tableOf(calling("web", "s4.get"));
  const chosen = vi.spyOn(table, "chosen");
  expect([...withGuardPartners(new Set(["web"]), table, undefined)].sort()).toEqual(["s4", "web"]);
  expect([...withGuardPartners(new Set(["s5"]), table, undefined)]).toEqual(["s5"]);
  expect(chosen.mock.calls.length).toBeLessThan(20);
});

test("S7.7: a service that exposed or guarded an action before is a partner of the change too", () => {
  const before = { chosen: new Map([["web", calling("web", "s4.get")]]) };
  const table = tableOf(calling("web", "s4.get", true));
  expect(unguardedFindings(calling("web", "s4.get", true), table)).toEqual([]);
  expect([...withGuardPartners(new Set(["web"]), table, before)].sort()).toEqual(["s4", "web"]);
  const gone = tableOf();
  expect([...withGuardPartners(new Set(["web"]), gone, before)].sort()).toEqual(["s4", "web"]);
});

test("S7.7: many services are counted in the message", () => {
  const exposers = Array.from({ length: 8 }, (_, index) => calling(`web${index}`, "s4.get"));
  const table = tableOf(...exposers);
  const guardian = table.chosen("s4");
  expect(guardian === undefined ? [] : unguardedFindings(guardian, table)).toMatchObject([
    {
      jsonPath: "policy.call[0]",
      message:
        "This rule guards `s4.get`, which the services `web0`, `web1`, `web2`, `web3`, `web4` and 3 others " +
        "expose without a rule.",
    },
  ]);
});
