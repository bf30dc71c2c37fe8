import type { Verdict } from "./call-scope.ts";
import type { DescribedSchema, Json } from "./json.ts";
import type { Finding, Origin } from "./report.ts";
import type { ConsoleMessage, Sandbox } from "./sandbox.ts";
import type { Scope } from "./scope.ts";

/** The connectors that rules apply to. */
export type AccessKind = "call" | "publish" | "subscribe";

/**
 * A kind of access rule (S7), such as `scope`, `filter` or a rate limit. Rules apply to actions and events,
 * never to endpoints.
 */
export interface Policy<Rule = unknown> {
  readonly contract: 2;
  /** The unique name of the policy, such as `scope`. */
  readonly name: string;
  /**
   * The members of a rule that belong to this policy, such as `["scope", "scopes"]`. Two policies cannot
   * share one.
   */
  readonly members: readonly string[];
  /** Validates the object of these members. */
  readonly schema: DescribedSchema<Rule>;
  /**
   * Compiles one rule. Reports problems with `tools.addFinding`; an error among them refuses the fragment.
   */
  compile(rule: Rule, tools: PolicyTools): CompiledRule | Promise<CompiledRule>;
  /**
   * Compares the requirements of a changed rule (`CompiledRule.requirements`). Never called with equal data.
   * Default: `unclear`.
   */
  compare?(before: Json, after: Json): AccessChange;
  /** Opens what all rules share. Called once, before the gateway merges. */
  start?(): void | Promise<void>;
  /** Closes what `start` opened. Called once, when the gateway stops. */
  dispose?(): void | Promise<void>;
}

/**
 * How a changed rule changes access: more clients have access, fewer have it, or unclear, which counts as
 * wider.
 */
export type AccessChange = "wider" | "narrower" | "unclear";

/** The tools with which a policy compiles a rule. */
export interface PolicyTools {
  readonly kind: AccessKind;
  readonly origin: Origin;
  readonly sandbox: Sandbox;
  /** The names of all context values of the gateway. */
  readonly contexts: readonly string[];
  /** Adds a finding. Its `jsonPath` is relative to the rule, such as `filter`. */
  addFinding(finding: Finding): void;
  /**
   * Reports a failure while the rule is in use to the nodes that publish the fragment; the reports are
   * rate-limited.
   */
  reportRuntime(finding: Finding): void;
  /** Receives console messages of the rule's functions. Their `jsonPath` is relative to the rule. */
  console(message: ConsoleMessage): void;
}

/** The requirements of one rule for one policy, compiled. */
export interface CompiledRule {
  /**
   * Decides about one access. Only `true` and a verdict with `allowed: true` allow it; an error denies it.
   * Returns a promise only where the decision is asynchronous.
   */
  decide(input: PolicyInput): boolean | Verdict | Promise<boolean | Verdict>;
  /**
   * How long a verdict can be cached: not at all, within the request, or while everything it reads is equal
   * (S7.6). Default `never`. A rule for subscriptions decides when one begins, and again for each event: with
   * `identity` only for the first event of each name.
   */
  readonly cache?: VerdictCache;
  /**
   * The names of the context values that it reads. They are prepared before `decide`, and belong to the cache
   * key. Default none.
   */
  readonly reads?: readonly string[];
  /**
   * True: it reads the params. A subscription has no params when it begins, so the rule is checked for each
   * event, with the payload as params, and not when the subscription begins. Default false.
   */
  readonly readsParams?: boolean;
  /**
   * True: it allows every access. The rule's author opens the action on purpose, so the rule guards nothing
   * (S7.7). Default false.
   */
  readonly allowsAll?: boolean;
  /**
   * The rule's requirements as data, for catalogs and `compare`. Rules with equal data are equal. Default:
   * the policy's members of the rule.
   */
  readonly requirements?: Json;
  /** Opens what the rule needs. Called once, before the first version that uses the rule is served. */
  start?(): void | Promise<void>;
  /**
   * Closes what `start` opened. Called once, some time after the last version that uses the rule was
   * released; at the latest when the gateway stops.
   */
  dispose?(): void | Promise<void>;
}

/** How long a verdict can be cached (S7.6). */
export type VerdictCache = "never" | "request" | "identity";

/** The access that a rule decides about. */
export interface PolicyInput {
  readonly kind: AccessKind;
  /** The full name of the action or event. */
  readonly name: string;
  /**
   * The params of the call or event. For a subscription: the payload of an event, undefined when it begins.
   */
  readonly params: unknown;
  readonly scope: Scope;
}
