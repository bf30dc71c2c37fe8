import type { ConnectorDescription, RuleDescription } from "../../contracts/connector.ts";
import type { Json } from "../../contracts/json.ts";
import type { AccessChange, AccessKind, Policy } from "../../contracts/policy.ts";
import type { Endpoint } from "../../contracts/protocol.ts";
import type { Change } from "../../contracts/report.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { memoize } from "../../runtime/memoize.ts";
import { overlaps } from "../../runtime/names.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { changed } from "./aspect.ts";
import { ownerOf } from "./owners.ts";

/** What compares rules. */
export interface AccessTools {
  /** The version before. */
  readonly before: CompiledVersion;
  /** The version after. */
  readonly after: CompiledVersion;
  /** The policies by key. */
  readonly policies: ReadonlyMap<string, Policy>;
}

/** The plugin of a change that no single policy is named for. */
export const anyPolicy = "policy";

/**
 * What became of the access to an endpoint: public or wider is dangerous, narrower is breaking, and what cannot be told is
 * taken as wider (S7).
 *
 * @param was the endpoint before, or what answered for it
 * @param is the endpoint after, or what answers for it
 * @param named the one of the two that the changes name
 */
export function accessChanges(was: Endpoint, is: Endpoint, named: Endpoint, tools: AccessTools): Change[] {
  const before = guardedBy(was, tools.before);
  const after = guardedBy(is, tools.after);
  if (after.length === 0 && before.some(({ questions }) => questions.length > 0)) {
    const policy = policyOf(before.flatMap(({ questions }) => questions));
    const detail = "It reaches nothing that a rule covers any more: it is public.";
    return [changed(policy, named, { level: "dangerous", detail })];
  }
  const lone = loneCounterpart(before, after);
  return after.flatMap((guarded) => {
    const counterpart = before.find((one) => isSame(one, guarded)) ?? overlapping(before, guarded) ?? lone;
    return counterpart === undefined
      ? newlyReached(guarded, before, named)
      : questionChanges(counterpart, guarded, named, tools);
  });
}

/** What is said of an endpoint where no rule covers anything that it reaches. */
export const isPublic = "No rule covers it: it is public.";

/** What an endpoint reaches that no rule covers, as a sentence; undefined where there is nothing. */
export function publicDetail(endpoint: Endpoint, version: CompiledVersion): string | undefined {
  // Most call something that a rule of their own covers, which was found when they were compiled.
  if (endpoint.connectors.every(isCovered)) return undefined;
  const guarded = guardedBy(endpoint, version);
  const open = guarded.filter(({ questions }) => questions.length === 0);
  if (open.length === 0) return undefined;
  if (open.length === guarded.length) return isPublic;
  return `No rule covers ${open.map(nameOf).join(", ")}: that is public.`;
}

function isCovered({ kind, rules = [] }: ConnectorDescription): boolean {
  return kind === "map" || (kind === "call" && rules.some(({ asks }) => Object.keys(asks).length > 0));
}

function isSame(one: Guarded, other: Guarded): boolean {
  return one.kind === other.kind && one.name === other.name;
}

// `chat.*` was received, and `chat.said` is now.
function overlapping(before: readonly Guarded[], { kind, name }: Guarded): Guarded | undefined {
  if (kind !== "subscribe" || name === undefined) return undefined;
  return before.find((one) => one.kind === kind && one.name !== undefined && overlaps(one.name, name));
}

// One thing was reached and another is now: the one stands for the other.
function loneCounterpart(before: readonly Guarded[], after: readonly Guarded[]): Guarded | undefined {
  const gone = before.filter((one) => !after.some((other) => isSame(one, other)));
  const fresh = after.filter((one) => !before.some((other) => isSame(one, other)));
  return gone.length === 1 && fresh.length === 1 ? gone[0] : undefined;
}

// What was public before it reached more is so still.
function newlyReached(guarded: Guarded, before: readonly Guarded[], named: Endpoint): Change[] {
  if (guarded.questions.length > 0 || before.every(({ questions }) => questions.length === 0)) return [];
  const policy = policyOf(before.flatMap(({ questions }) => questions));
  const detail = `It reaches ${nameOf(guarded)} now, which no rule covers: that is public.`;
  return [changed(policy, named, { level: "dangerous", detail })];
}

function questionChanges(before: Guarded, after: Guarded, named: Endpoint, tools: AccessTools): Change[] {
  const [was, is] = [before.questions, after.questions];
  if (is.length === 0) {
    if (was.length === 0) return [];
    const detail = `No rule covers ${nameOf(after)} any more: it is public.`;
    return [changed(policyOf(was), named, { level: "dangerous", detail })];
  }
  if (was.length === 0) {
    const detail = `Rules cover ${nameOf(after)} now; before, it was public.`;
    return [changed(policyOf(is), named, { level: "breaking", detail })];
  }
  const policies = new Set([...was, ...is].map(({ policy }) => policy));
  return [...policies].flatMap((key): Change[] => {
    const of = (all: readonly Question[]) => all.filter(({ policy }) => policy === key);
    const access = accessOf(of(was), of(is), tools.policies.get(key));
    return access === undefined ? [] : [changed(key, named, aspects[access](nameOf(after)))];
  });
}

const aspects = {
  wider: (name: string) =>
    ({ level: "dangerous", detail: `The rules of ${name} ask for less: somebody more may use it.` }) as const,
  narrower: (name: string) =>
    ({
      level: "breaking",
      detail: `The rules of ${name} ask for more: somebody may not use it any more.`,
    }) as const,
  unclear: (name: string) =>
    ({
      level: "dangerous",
      detail: `The rules of ${name} changed: perhaps somebody more may use it.`,
    }) as const,
};

/**
 * All questions must be answered with yes. So access is narrower where each question that is gone follows from one that
 * is asked, and wider where each new one followed from one that was asked; both: nothing changed.
 */
function accessOf(
  was: readonly Question[],
  is: readonly Question[],
  policy: Policy | undefined,
): AccessChange | undefined {
  const gone = was.filter(({ key }) => !is.some((one) => one.key === key));
  const fresh = is.filter(({ key }) => !was.some((one) => one.key === key));
  const narrower = gone.every((one) => is.some((other) => compared(one, other, policy) === "narrower"));
  const wider = fresh.every((other) => was.some((one) => compared(one, other, policy) === "wider"));
  if (narrower && wider) return undefined;
  return narrower ? "narrower" : wider ? "wider" : "unclear";
}

function compared(before: Question, after: Question, policy: Policy | undefined): AccessChange {
  if (before.names !== after.names) return "unclear";
  try {
    return policy?.compare?.(before.asks, after.asks) ?? "unclear";
  } catch {
    return "unclear";
  }
}

function policyOf(questions: readonly Question[]): string {
  const policies = new Set(questions.map(({ policy }) => policy));
  const [policy] = policies;
  return policies.size === 1 && policy !== undefined ? policy : anyPolicy;
}

function nameOf({ kind, name }: Guarded): string {
  const what = name === undefined ? "the events that a function names" : `\`${name}\``;
  if (kind === "call") return what;
  return `${what} (${kind === "publish" ? "sent" : "received"})`;
}

/** What an endpoint reaches, and what is asked before it does. */
export interface Guarded {
  /** What it is about to do. */
  readonly kind: AccessKind;
  /** The action or event; undefined where a function names the events. */
  readonly name: string | undefined;
  /** What has to be answered with yes, each once. Empty: it is public. */
  readonly questions: readonly Question[];
}

/** One question that a rule asks of one policy. */
export interface Question {
  /** The policy's key. */
  readonly policy: string;
  /** What is asked. */
  readonly asks: Json;
  /** Of events that a function names: the patterns that it stands on, as text; else empty. */
  readonly names: string;
  /** Equal keys, equal questions. */
  readonly key: string;
}

/**
 * What an endpoint reaches in a version, with the questions of its fragment's rules and of the owner's, where either of
 * the two says `policy.owner` (S7.2).
 */
export function guardedBy(endpoint: Endpoint, version: CompiledVersion): readonly Guarded[] {
  const gate = version.chosen.get(endpoint.origin.service)?.gate;
  return endpoint.connectors.flatMap(({ kind, action, events }): Guarded[] => {
    if (kind === "map") return [];
    if (kind === "call") {
      if (action === undefined) return [];
      const own = gate?.rulesFor("call", action)?.rules ?? [];
      const owners = ownerRules(endpoint.origin.service, action, version);
      return [{ kind, name: action, questions: questionsOf([...own, ...owners], false) }];
    }
    if (events === undefined)
      return [
        { kind, name: undefined, questions: questionsOf(gate?.rulesFor(kind, "**")?.rules ?? [], true) },
      ];
    return [...new Set(events)].map((name) => ({
      kind,
      name,
      questions: questionsOf(gate?.rulesFor(kind, name)?.rules ?? [], false),
    }));
  });
}

function ownerRules(caller: string, action: string, { chosen }: CompiledVersion): readonly RuleDescription[] {
  const owner = ownerOf(action, chosen);
  if (owner === undefined || owner === caller) return [];
  const gate = chosen.get(owner)?.gate;
  const applies = gate?.owner === true || chosen.get(caller)?.gate.owner === true;
  return applies ? (gate?.rulesFor("call", action)?.rules ?? []) : [];
}

// All questions must be answered with yes: asked twice is asked once, and their order is nothing to the client.
function questionsOf(rules: readonly RuleDescription[], byPattern: boolean): readonly Question[] {
  const questions = new Map<string, Question>();
  for (const rule of rules)
    for (const question of byPattern ? patterned(rule) : plain(rule)) questions.set(question.key, question);
  return [...questions.values()];
}

// A rule is compiled once, and covers many endpoints of many versions.
const plain = memoize((rule: RuleDescription) => ruleQuestions(rule, ""));
const patterned = memoize((rule: RuleDescription) => ruleQuestions(rule, canonicalJson(rule.names)));

function ruleQuestions({ asks: all }: RuleDescription, names: string): readonly Question[] {
  return Object.entries(all).map(([policy, asks]) => ({
    policy,
    asks,
    names,
    key: canonicalJson([policy, asks, names]),
  }));
}
