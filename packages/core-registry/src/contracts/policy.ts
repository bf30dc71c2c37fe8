import type { Verdict } from "./call-scope.ts";
import type { DescribedSchema, Json } from "./json.ts";
import type { Finding, Origin } from "./report.ts";
import type { ConsoleMessage, Sandbox } from "./sandbox.ts";
import type { Scope } from "./scope.ts";

/** Which connector a rule guards. */
export type AccessKind = "call" | "publish" | "subscribe";

/** A kind of access rule (S7): `scope`, `filter`, a rate limit. Attached to actions and events, never to endpoints. */
export interface Policy<Rule = unknown> {
  /** The contract's number. */
  readonly contract: 1;
  /** Its name. */
  readonly key: string;
  /** The members of a rule that are its own: `["scope", "scopes"]`. No two policies share one. */
  readonly members: readonly string[];
  /** Checks the object of those members that a rule holds. */
  readonly schema: DescribedSchema<Rule>;
  /** Compiles one rule. Problems go to `tools.found`; with an error among them the fragment is refused. */
  compile(rule: Rule, tools: PolicyTools): CompiledRule | Promise<CompiledRule>;
  /**
   * What became of a rule, by what it asked before and asks after (`CompiledRule.asks`); never asked for equal data.
   * Default: `unclear`.
   */
  compare?(before: Json, after: Json): AccessChange;
  /** Closes what it opened. */
  dispose?(): void | Promise<void>;
}

/** How a rule's change moves access: somebody more may, somebody may no more, or it cannot be told (taken as wider). */
export type AccessChange = "wider" | "narrower" | "unclear";

/** What a policy is given to compile a rule. */
export interface PolicyTools {
  /** What the rule guards. */
  readonly kind: AccessKind;
  /** Where the rule stands. */
  readonly origin: Origin;
  /** Runs function texts. */
  readonly sandbox: Sandbox;
  /** Names of the context values that there are. */
  readonly contexts: readonly string[];
  /** Takes what is wrong. `jsonPath` relative to the rule: `filter`. */
  addFinding(finding: Finding): void;
  /** Takes what happens later, while the rule is in use; goes to the fragment's nodes, rate-limited. */
  reportRuntime(finding: Finding): void;
  /** Takes what a function of the rule writes to its console. `jsonPath` relative to the rule. */
  console(message: ConsoleMessage): void;
}

/** A rule, ready to decide. */
export interface CompiledRule {
  /** Decides. A promise only where it must be one. A throw denies. */
  decide(input: PolicyInput): Verdict | Promise<Verdict>;
  /** How long a verdict holds: never, within the request, or as long as what it read is the same (S7.6). */
  readonly memo: "never" | "request" | "identity";
  /** The context values that it reads, by name: prepared before it decides, and part of the memo's key. */
  readonly reads: readonly string[];
  /**
   * Whether it reads the params. A subscription has none before an event is there: a rule that reads them is asked for
   * each event with its payload, and not when the subscription begins. Default false.
   */
  readonly readsParams?: boolean;
  /** For people and for `diff`: what it asks, as data. Two rules with equal data ask the same. */
  readonly asks: Json;
}

/** What a rule decides about. */
export interface PolicyInput {
  /** What is about to happen. */
  readonly kind: AccessKind;
  /** The action's or the event's full name. */
  readonly name: string;
  /** What it would be given; of a subscription the event's payload, undefined when it begins. */
  readonly params: unknown;
  /** The request. */
  readonly scope: Scope;
}
