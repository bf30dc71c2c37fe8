import { contextOf, knownFunctions } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { TraceEvent, Verdict } from "../../../src/contracts/call-scope.ts";
import { TidegateError } from "../../../src/contracts/errors.ts";
import type {
  CompiledRule,
  Policy,
  PolicyInput,
  PolicyTools,
  VerdictCache,
} from "../../../src/contracts/policy.ts";
import type { Scope } from "../../../src/contracts/scope.ts";
import { compilePolicyGate, emptyPolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import { checkAgainst } from "../../../src/runtime/fragment/issues.ts";
import { type PolicyPart, policySchema } from "../../../src/runtime/fragment/policy-schema.ts";
import { loadPolicies, loadTools } from "../../registry/load.ts";
import { collector, directoryOf, origin, scopeOf, testBroker } from "./kit.ts";

/** A policy whose rules are answered by the test. */
function policyOf(
  name: string,
  answer: (rule: unknown, input: PolicyInput) => Verdict | Promise<Verdict>,
  parts: Partial<CompiledRule> = {},
): Policy<Record<string, unknown>> {
  return {
    contract: 2,
    name,
    members: [name],
    schema: z.looseObject({ [name]: z.string({ error: `\`${name}\` is a text.` }) }),
    compile: (rule) => ({
      decide: (input) => answer(rule[name], input),
      requirements: String(rule[name]),
      ...parts,
    }),
  };
}

const yes: Verdict = { allowed: true };
const no: Verdict = { allowed: false, reason: "secret reason" };

async function gateOf(
  part: PolicyPart,
  policies: readonly Policy[],
  disabledPolicies: readonly Policy[] = [],
) {
  const { findings, addFinding } = collector();
  const reports = collector();
  const tools = loadTools();
  const gate = await compilePolicyGate(part, loadPolicies(policies, tools), {
    origin,
    sandbox: knownFunctions(),
    contexts: ["auth"],
    disabledPolicies: loadPolicies(disabledPolicies),
    addFinding,
    reportRuntime: reports.addFinding,
    console: () => undefined,
    pluginFailed: tools.failed,
  });
  return { gate, findings, reports: reports.findings, failures: tools.failures };
}

const scope = (parts: Partial<Scope> = {}): Scope => scopeOf(directoryOf(testBroker(), {}), parts);

describe("S7.2 rules", () => {
  test("no rules: nothing to do", async () => {
    expect((await gateOf({}, [])).gate).toBe(emptyPolicyGate);
    expect(emptyPolicyGate.rulesFor("call", "player.get")).toBeUndefined();
  });

  test("only rules of the kind whose pattern matches the name apply; they are known as data", async () => {
    const { gate } = await gateOf(
      {
        call: [
          { description: "one", actions: ["player.**", "team.get"], ask: "1" },
          { actions: ["team.*"], ask: "2" },
        ],
        publish: [{ events: ["player.**"], ask: "3" }],
      },
      [policyOf("ask", () => yes)],
    );
    expect(gate.rulesFor("call", "player")).toBeUndefined();
    expect(gate.rulesFor("subscribe", "player.x")).toBeUndefined();
    expect(gate.rulesFor("call", "team.get")?.rules).toEqual([
      {
        description: "one",
        origin: { ...origin, jsonPath: "policy.call[0]" },
        names: ["player.**", "team.get"],
        requirements: { ask: "1" },
      },
      { origin: { ...origin, jsonPath: "policy.call[1]" }, names: ["team.*"], requirements: { ask: "2" } },
    ]);
    expect(gate.rulesFor("publish", "player.x")?.rules).toHaveLength(1);
  });

  test("all of them in order, each policy in the configured order; the first failure ends it", async () => {
    const asked: string[] = [];
    const answer = (rule: unknown): Verdict => {
      asked.push(String(rule));
      return rule === "b2" ? no : yes;
    };
    const { gate } = await gateOf(
      {
        call: [
          { b: "b1", actions: ["**"], a: "a1" },
          { a: "a2", actions: ["x"], b: "b2" },
          { actions: ["**"], a: "a3" },
        ],
      },
      [policyOf("a", answer), policyOf("b", async (rule) => answer(rule))],
    );
    await expect(gate.rulesFor("call", "x")?.check({}, scope())).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
    });
    expect(asked).toEqual(["a1", "b1", "a2", "b2"]);
  });

  test("synchronous decisions create no promise", async () => {
    const { gate } = await gateOf({ call: [{ actions: ["**"], a: "1" }] }, [policyOf("a", () => yes)]);
    expect(gate.rulesFor("call", "x")?.check({}, scope())).toBeUndefined();
  });

  test("a policy gets kind, name, params and scope; context values that it reads are prepared", async () => {
    const inputs: PolicyInput[] = [];
    const prepared: string[] = [];
    const context = {
      ...contextOf(),
      prepare: (names: readonly string[]) => void prepared.push(...names) as undefined,
    };
    const { gate } = await gateOf({ publish: [{ events: ["e"], a: "1" }] }, [
      policyOf(
        "a",
        (_, input) => {
          inputs.push(input);
          return yes;
        },
        { reads: ["auth"] },
      ),
    ]);
    const given = scope({ context });
    gate.rulesFor("publish", "e")?.check({ n: 1 }, given);
    expect(inputs).toEqual([{ kind: "publish", name: "e", params: { n: 1 }, scope: given }]);
    expect(prepared).toEqual(["auth"]);
  });
});

describe("S7.5 denial", () => {
  const denying = async (verdict: unknown, rule = {}) =>
    (
      await gateOf({ call: [{ actions: ["**"], a: "1", ...rule }] }, [
        policyOf("a", () => verdict as Verdict),
      ])
    ).gate.rulesFor("call", "x");
  const signedIn = scope({ context: contextOf({ auth: { identity: 1 } }) });

  test("401 without auth, 403 with it", async () => {
    const guard = await denying(no);
    expect(() => guard?.check({}, scope())).toThrow(
      expect.objectContaining({ code: "UNAUTHENTICATED", status: 401 }),
    );
    expect(() => guard?.check({}, signedIn)).toThrow(
      expect.objectContaining({ code: "FORBIDDEN", status: 403 }),
    );
  });

  test("the client learns the rule's description, never the reason", async () => {
    const guard = await denying(no, { description: "Only for admins." });
    expect(() => guard?.check({}, signedIn)).toThrow(/^Refused by this rule: Only for admins\.$/);
    const plain = await denying(no);
    expect(() => plain?.check({}, signedIn)).toThrow(/^Access denied\.$/);
  });

  test("the code and the retry time of a verdict are used", async () => {
    const guard = await denying({ allowed: false, code: "RATE_LIMITED", retryAfter: 7 });
    expect(() => guard?.check({}, signedIn)).toThrow(
      expect.objectContaining({ code: "RATE_LIMITED", details: expect.objectContaining({ retryAfter: 7 }) }),
    );
  });

  test.each([undefined, null, {}, { allowed: "true" }, { allowed: 1 }])(
    "the verdict %j denies",
    async (verdict) => {
      const guard = await denying(verdict);
      expect(() => guard?.check({}, signedIn)).toThrow(expect.objectContaining({ code: "FORBIDDEN" }));
    },
  );

  test("the error of an invalid token is thrown instead of the denial", async () => {
    const guard = await denying(no);
    const context = { ...contextOf(), get: () => Promise.reject(new Error("TOKEN_EXPIRED")) };
    await expect(guard?.check({}, scope({ context }))).rejects.toThrow("TOKEN_EXPIRED");
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("S17: a policy that %s denies, and the gateway logs it", async (_, answer) => {
    const { gate, reports, failures } = await gateOf({ call: [{ actions: ["**"], a: "1" }] }, [
      policyOf("a", answer),
    ]);
    await expect((async () => gate.rulesFor("call", "x")?.check({}, signedIn))()).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    expect(failures).toMatchObject([
      { code: "PLUGIN_FAILED", message: "The policy plugin 'a' failed in 'decide': broken" },
    ]);
    expect(reports).toEqual([]);
  });

  test("a function of a rule that fails denies, and is reported to the service", async () => {
    const answer = () => {
      throw new TidegateError("FUNCTION_THREW", "broken");
    };
    const { gate, reports, failures } = await gateOf({ call: [{ actions: ["**"], a: "1" }] }, [
      policyOf("a", answer),
    ]);
    expect(() => gate.rulesFor("call", "x")?.check({}, signedIn)).toThrow(
      expect.objectContaining({ code: "FORBIDDEN" }),
    );
    expect(reports).toMatchObject([{ code: "FUNCTION_THREW", jsonPath: "policy.call[0].a" }]);
    expect(failures).toEqual([]);
  });

  test("a trace receives every verdict", async () => {
    const events: TraceEvent[] = [];
    const guard = await denying(yes, { description: "d" });
    guard?.check({}, scope({ trace: (event) => void events.push(event) }));
    expect(events).toEqual([{ at: "gate", name: "x", verdict: { allowed: true, rule: "d" } }]);
  });
});

describe("S7.6 verdicts are cached within one request", () => {
  const counting = async (cache: VerdictCache) => {
    let asked = 0;
    const { gate } = await gateOf({ call: [{ actions: ["**"], a: "1" }] }, [
      policyOf(
        "a",
        () => {
          asked++;
          return yes;
        },
        { cache },
      ),
    ]);
    return {
      admit: (params: unknown, given: Scope, name = "x") => gate.rulesFor("call", name)?.check(params, given),
      asked: () => asked,
    };
  };

  test("by params and name, never across requests", async () => {
    const { admit, asked } = await counting("request");
    const one = scope();
    admit({ a: 1 }, one);
    admit({ a: 1 }, one);
    expect(asked()).toBe(1);
    admit({ a: 2 }, one);
    admit({ a: 1 }, one, "y");
    expect(asked()).toBe(3);
    admit({ a: 1 }, scope());
    expect(asked()).toBe(4);
  });

  test("never where the rule forbids it, nor for params that JSON cannot represent", async () => {
    const never = await counting("never");
    const one = scope();
    never.admit({}, one);
    never.admit({}, one);
    expect(never.asked()).toBe(2);
    const identity = await counting("identity");
    for (const params of [
      { at: new Date(0) },
      { bytes: new Uint8Array(1) },
      { createReadStream: () => undefined },
    ]) {
      identity.admit(params, one);
      identity.admit(params, one);
    }
    expect(identity.asked()).toBe(6);
  });
});

describe("S1.2 the members of a rule", () => {
  const a = policyOf("scope", () => yes);
  const check = async (part: unknown, off: readonly Policy[] = []) =>
    (await checkAgainst(policySchema(loadPolicies([a]), loadPolicies(off)), part, "policy")).findings;

  test("a member that no policy has is an error with the nearest name", async () => {
    expect(await check({ call: [{ actions: ["x"], scop: "1" }] })).toMatchObject([
      {
        severity: "error",
        jsonPath: "policy.call[0].scop",
        message: "No policy has a member `scop`.",
        hint: "Did you mean `scope`?",
      },
    ]);
  });

  test("all problems are found in one pass", async () => {
    const found = await check({
      call: [{ actions: [], scope: 1 }, { events: ["x"] }, "rule"],
      publish: {},
      subscribe: [{ events: ["a?", "b", 3], description: 1 }],
      owner: 1,
      calls: [],
    });
    expect(found.map((finding) => finding.jsonPath).sort()).toEqual([
      "policy.call[0].actions",
      "policy.call[0].scope",
      "policy.call[1].actions",
      "policy.call[1].events",
      "policy.call[2]",
      "policy.calls",
      "policy.owner",
      "policy.publish",
      "policy.subscribe[0].description",
      "policy.subscribe[0].events[0]",
      "policy.subscribe[0].events[2]",
    ]);
  });

  test("S7.1 a pattern of 9 wildcards is an error", async () => {
    expect(await check({ call: [{ actions: ["*a".repeat(8), "*a".repeat(9)] }] })).toMatchObject([
      {
        severity: "error",
        code: "FRAGMENT_INVALID",
        jsonPath: "policy.call[0].actions[1]",
        message: "A pattern can have at most 8 wildcards: `*` or `**`.",
      },
    ]);
  });

  test("a disabled policy is not checked, with a warning", async () => {
    const rule = { actions: ["x"], filter: "..." };
    const off = [policyOf("filter", () => no)];
    expect(await check({ call: [rule] }, off)).toEqual([]);
    const { gate, findings } = await gateOf({ call: [rule] }, [a], off);
    expect(findings).toMatchObject([
      { severity: "warning", code: "POLICY_OFF", jsonPath: "policy.call[0].filter" },
    ]);
    expect(gate.rulesFor("call", "x")?.check({}, scope())).toBeUndefined();
  });

  test("findings of a policy are below its rule; a policy that throws refuses the fragment", async () => {
    const finding = { severity: "error", code: "X", jsonPath: "filter", message: "m" } as const;
    const compile = (_: unknown, tools: PolicyTools): CompiledRule => {
      tools.addFinding(finding);
      tools.addFinding({ ...finding, jsonPath: "" });
      throw new Error("cannot");
    };
    const { findings } = await gateOf({ publish: [{ events: ["x"], scope: "1" }] }, [{ ...a, compile }]);
    expect(findings.map(({ jsonPath, code }) => [jsonPath, code])).toEqual([
      ["policy.publish[0].filter", "X"],
      ["policy.publish[0]", "X"],
      ["policy.publish[0]", "PLUGIN_FAILED"],
    ]);
  });

  test("S1.5 the JSON Schema contains the policies' members", () => {
    const { properties } = policySchema(loadPolicies([a]))["~standard"].jsonSchema.input({
      target: "draft-2020-12",
    });
    expect(properties).toMatchObject({
      call: {
        items: {
          required: ["actions"],
          additionalProperties: false,
          properties: { scope: { type: "string" } },
        },
      },
      publish: { items: { required: ["events"] } },
    });
  });
});
