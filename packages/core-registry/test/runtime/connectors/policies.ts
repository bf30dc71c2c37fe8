import { knownFunctions } from "@tidegate/plugin-testkit";
import { z } from "zod";
import type { Verdict } from "../../../src/contracts/call-scope.ts";
import type { CompiledRule, Policy, PolicyInput } from "../../../src/contracts/policy.ts";
import { compilePolicyGate, type PolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import type { PolicyPart } from "../../../src/runtime/fragment/policy-schema.ts";
import { loadPolicies } from "../../registry/load.ts";
import { origin } from "./kit.ts";

/** What a policy of the test answers. */
export type Answer = (rule: string, input: PolicyInput) => Verdict | Promise<Verdict>;

/** A policy whose rules hold its name with a text, and are answered by the test. */
export function answeredPolicy(name: string, answer: Answer, parts: Partial<CompiledRule> = {}): Policy {
  return {
    contract: 2,
    name,
    members: [name],
    schema: z.looseObject({ [name]: z.string() }),
    compile: (rule) => {
      const requirements = String((rule as Record<string, unknown>)[name]);
      return { decide: (input) => answer(requirements, input), cache: "identity", requirements, ...parts };
    },
  };
}

/** A gate of these rules. */
export function gateOf(part: PolicyPart, policies: readonly Policy[]): Promise<PolicyGate> {
  return compilePolicyGate(part, loadPolicies(policies), {
    origin,
    sandbox: knownFunctions(),
    contexts: ["auth"],
    addFinding: ({ message }) => {
      throw new Error(message);
    },
    reportRuntime: () => undefined,
    console: () => undefined,
  });
}
