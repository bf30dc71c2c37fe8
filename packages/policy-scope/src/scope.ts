import {
  type AccessChange,
  type CompiledRule,
  type DescribedSchema,
  definePolicy,
  type Json,
  type Policy,
  type Scope,
  type Verdict,
} from "@tidegate/core-registry";
import { z } from "zod";

/** The members of a rule: one list of scopes, under one of two names. */
export interface ScopeRule {
  /** At least one of these scopes is required. */
  readonly scope?: readonly string[] | undefined;
  /** Another name of `scope`. A rule has one of both. */
  readonly scopes?: readonly string[] | undefined;
}

const scopes = z
  .array(z.string({ error: "A scope must be a string." }).min(1, "A scope must not be empty."), {
    error: "Scopes must be a list of strings.",
  })
  .min(1, "An empty list denies every client: list a scope, or `**` to allow all clients.")
  .optional();

const schema: DescribedSchema<ScopeRule> = z
  .strictObject({ scope: scopes, scopes })
  .superRefine((rule, context) => {
    if (rule.scope === undefined || rule.scopes === undefined) return;
    context.addIssue({
      code: "custom",
      path: ["scopes"],
      message: "`scope` and `scopes` have the same meaning: remove one of them.",
    });
  });

const wildcard = "**";
const allowed: Verdict = { allowed: true };

/**
 * Creates the policy `scope` (S7.3). A rule passes if the scopes of the client (`context.auth.scope`, a list
 * or a space-separated string) contain at least one scope of the rule. Scopes are compared literally. `**`
 * always passes.
 */
export function scope(): Policy<ScopeRule> {
  return definePolicy({ name: "scope", members: ["scope", "scopes"], schema, compile, compare });
}

function compile(rule: ScopeRule): CompiledRule {
  const required = rule.scope ?? rule.scopes ?? [];
  // Rules with the same effect get the same `requirements`: `**` passes, whatever else the rule lists.
  const requirements = required.includes(wildcard) ? [wildcard] : [...new Set(required)].sort();
  if (required.includes(wildcard)) return { decide: () => true, allowsAll: true, requirements };
  const reason = `Requires one of the scopes ${required.join(", ")}.`;
  return {
    decide: ({ scope }) =>
      grantedScopes(scope).some((each) => required.includes(each)) ? allowed : { allowed: false, reason },
    // Comparing the scopes costs less than reading a cached verdict.
    cache: "never",
    reads: ["auth"],
    requirements,
  };
}

/** One scope of the list is enough, so a longer list and `**` allow more clients. */
function compare(before: Json, after: Json): AccessChange {
  const [old, current] = [scopesOf(before), scopesOf(after)];
  if (old === undefined || current === undefined) return "unclear";
  if (isSubset(old, current)) return "wider";
  return isSubset(current, old) ? "narrower" : "unclear";
}

function scopesOf(requirements: Json): readonly string[] | undefined {
  if (!Array.isArray(requirements)) return undefined;
  const strings = requirements.filter((each) => typeof each === "string");
  return strings.length === requirements.length ? strings : undefined;
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return all.includes(wildcard) || some.every((each) => all.includes(each));
}

function grantedScopes(scope: Scope): readonly string[] {
  const auth = scope.context.view("auth");
  if (typeof auth !== "object" || auth === null || !Object.hasOwn(auth, "scope")) return [];
  const granted: unknown = Reflect.get(auth, "scope");
  if (typeof granted === "string") return granted.split(" ");
  return Array.isArray(granted) ? granted.filter((each) => typeof each === "string") : [];
}
