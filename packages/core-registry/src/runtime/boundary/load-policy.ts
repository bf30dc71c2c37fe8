import type { Verdict } from "../../contracts/call-scope.ts";
import { checkPlugin } from "../../contracts/define-plugin.ts";
import type { Json } from "../../contracts/json.ts";
import type {
  AccessChange,
  CompiledRule,
  Policy,
  PolicyInput,
  PolicyTools,
  VerdictCache,
} from "../../contracts/policy.ts";
import { describeValue } from "../values.ts";
import { callPlugin, callPluginNow, isPromise, type PluginName, pluginError } from "./guard.ts";
import { guardedSchema } from "./guarded-schema.ts";
import { guardedLifecycle, isJson, type Lifecycle, type LoadTools } from "./lifecycle.ts";

/** A policy behind the plugin boundary: every member is wrapped, every default is filled in. */
export interface LoadedPolicy extends Pick<Policy, "contract" | "name" | "members" | "schema"> {
  readonly lifecycle: Lifecycle;
  /** @throws {TidegateError} `PLUGIN_FAILED`; then the rule must not be used */
  compile(rule: unknown, members: Json, tools: PolicyTools): Promise<LoadedRule>;
  /** Compares the requirements of a changed rule; `unclear` where the policy cannot, or fails. */
  compare(before: Json, after: Json): AccessChange;
}

/** A compiled rule behind the plugin boundary. */
export interface LoadedRule {
  /**
   * Decides about one access; a promise only where the policy needs one.
   * @throws {TidegateError} `PLUGIN_FAILED`, or the policy's own error; also as a rejection
   */
  decide(input: PolicyInput): Verdict | Promise<Verdict>;
  readonly cache: VerdictCache;
  readonly reads: readonly string[];
  readonly readsParams: boolean;
  readonly allowsAll: boolean;
  readonly requirements: Json;
  readonly lifecycle: Lifecycle;
}

/**
 * Puts a policy behind the plugin boundary (S17).
 * @throws {TidegateError} `PLUGIN_INVALID` where it does not implement its contract
 */
export function loadPolicy(policy: Policy, tools: LoadTools): LoadedPolicy {
  checkPlugin("policy", policy);
  const plugin: PluginName = { kind: "policy", name: policy.name };
  const compare = policy.compare?.bind(policy);
  return {
    contract: policy.contract,
    name: policy.name,
    members: [...policy.members],
    schema: guardedSchema(plugin, policy.schema, tools),
    lifecycle: guardedLifecycle(plugin, policy, tools),
    compile: async (rule, members, ruleTools) => {
      const compiled = await callPlugin(
        plugin,
        "compile",
        tools.limit,
        () => policy.compile(rule, ruleTools),
        ruleProblem,
      );
      return loadedRule(plugin, compiled, members, tools);
    },
    compare: (before, after) => {
      if (compare === undefined) return "unclear";
      try {
        return callPluginNow(plugin, "compare", () => compare(before, after), compareProblem);
      } catch (error) {
        tools.failed(error);
        return "unclear";
      }
    },
  };
}

function loadedRule(plugin: PluginName, compiled: CompiledRule, members: Json, tools: LoadTools): LoadedRule {
  return {
    decide: (input) => {
      const verdict = compiled.decide(input);
      return isPromise(verdict)
        ? Promise.resolve(verdict).then((value) => verdictOf(plugin, value))
        : verdictOf(plugin, verdict);
    },
    cache: compiled.cache ?? "never",
    reads: compiled.reads ?? [],
    readsParams: compiled.readsParams ?? false,
    allowsAll: compiled.allowsAll ?? false,
    requirements: compiled.requirements ?? members,
    lifecycle: guardedLifecycle(plugin, compiled, tools),
  };
}

const allowed: Verdict = { allowed: true };
const denied: Verdict = { allowed: false };

/** Checks a verdict (S7.5). Everything but `true` and `allowed: true` is a denial. */
function verdictOf(plugin: PluginName, verdict: unknown): Verdict {
  if (verdict === true) return allowed;
  if (verdict === false) return denied;
  if (!isVerdict(verdict))
    throw pluginError(
      plugin,
      "decide",
      `it returned ${describeValue(verdict)} instead of a verdict, so access was denied.`,
    );
  return verdict;
}

function isVerdict(value: unknown): value is Verdict {
  if (typeof value !== "object" || value === null) return false;
  const { allowed, rule, reason, code, retryAfter } = value as Readonly<Record<string, unknown>>;
  const areTexts = [rule, reason, code].every((text) => text === undefined || typeof text === "string");
  return typeof allowed === "boolean" && areTexts && (retryAfter === undefined || isSeconds(retryAfter));
}

function isSeconds(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

const caches: readonly unknown[] = [undefined, "never", "request", "identity"];

function ruleProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null)
    return `it returned ${describeValue(value)} instead of a compiled rule.`;
  const { decide, cache, reads, readsParams, allowsAll, requirements, start, dispose } = value as Readonly<
    Record<string, unknown>
  >;
  if (typeof decide !== "function") return "its compiled rule has no function `decide`.";
  if (!caches.includes(cache)) return "`cache` of its rule is not `never`, `request` or `identity`.";
  if (reads !== undefined && !(Array.isArray(reads) && reads.every((name) => typeof name === "string")))
    return "`reads` of its rule is not a list of context names.";
  if (readsParams !== undefined && typeof readsParams !== "boolean")
    return "`readsParams` of its rule is not a boolean.";
  if (allowsAll !== undefined && typeof allowsAll !== "boolean")
    return "`allowsAll` of its rule is not a boolean.";
  if (requirements !== undefined && !isJson(requirements))
    return "`requirements` of its rule is not plain JSON.";
  for (const [name, member] of Object.entries({ start, dispose }))
    if (member !== undefined && typeof member !== "function")
      return `\`${name}\` of its rule is not a function.`;
  return undefined;
}

function compareProblem(value: unknown): string | undefined {
  if (value === "wider" || value === "narrower" || value === "unclear") return undefined;
  return `it returned ${describeValue(value)} instead of \`wider\`, \`narrower\` or \`unclear\`.`;
}
