import { memoize } from "../annotation.ts";
import type { RuleDescription } from "../contracts/connector.ts";
import type { Json } from "../contracts/json.ts";
import type { AccessKind } from "../contracts/policy.ts";
import type { Endpoint } from "../contracts/protocol.ts";
import { canonicalJson } from "../fragment/canonical.ts";
import type { CompiledVersion } from "./compiled-version.ts";
import { ownerOf } from "./owners.ts";

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
