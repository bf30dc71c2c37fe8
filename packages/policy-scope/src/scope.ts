import type {
  AccessChange,
  CompiledRule,
  DescribedSchema,
  Json,
  Policy,
  Scope,
  Verdict,
} from "@tidegate/core-registry";
import { z } from "zod";

/** What a rule asks: one list of scopes, under either name. */
export interface ScopeRule {
  /** At least one of these. */
  readonly scope?: readonly string[] | undefined;
  /** The same. */
  readonly scopes?: readonly string[] | undefined;
}

const scopes = z
  .array(z.string({ error: "A scope is a text." }).min(1, "A scope is a text, not empty."), {
    error: "Scopes are a list of texts.",
  })
  .min(1, "An empty list lets nobody in: name a scope, or `**` for everybody.")
  .optional();

const schema: DescribedSchema<ScopeRule> = z
  .strictObject({ scope: scopes, scopes })
  .superRefine((rule, context) => {
    if (rule.scope === undefined || rule.scopes === undefined) return;
    context.addIssue({
      code: "custom",
      path: ["scopes"],
      message: "`scope` and `scopes` are one thing: keep one.",
    });
  });

const everybody = "**";
const allowed: Verdict = { allowed: true };

/**
 * Makes the policy `scope` (S7.3): a rule passes when the context's scopes (`context.auth.scope`, a list or a
 * space-separated text) hold at least one of those that it lists, compared literally. `**` always passes.
 */
export function scope(): Policy<ScopeRule> {
  return { contract: 1, key: "scope", members: ["scope", "scopes"], schema, compile, compare };
}

function compile(rule: ScopeRule): CompiledRule {
  const wanted = rule.scope ?? rule.scopes ?? [];
  // What asks the same is the same data: `**` lets everybody pass, whatever stands beside it.
  const asks = wanted.includes(everybody) ? [everybody] : [...new Set(wanted)].sort();
  // Looking into a set costs less than remembering the answer.
  const memo = "never";
  if (wanted.includes(everybody)) return { decide: () => allowed, memo, reads: [], asks };
  const reason = `None of the scopes ${wanted.join(", ")}.`;
  return {
    decide: ({ scope }) =>
      grantedOf(scope).some((each) => wanted.includes(each)) ? allowed : { allowed: false, reason },
    memo,
    reads: ["auth"],
    asks,
  };
}

/** One scope of the list is enough: more of them let more in, and `**` lets everybody. */
function compare(before: Json, after: Json): AccessChange {
  const [was, is] = [scopesOf(before), scopesOf(after)];
  if (was === undefined || is === undefined) return "unclear";
  if (isWithin(was, is)) return "wider";
  return isWithin(is, was) ? "narrower" : "unclear";
}

function scopesOf(asks: Json): readonly string[] | undefined {
  if (!Array.isArray(asks)) return undefined;
  const texts = asks.filter((each) => typeof each === "string");
  return texts.length === asks.length ? texts : undefined;
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return all.includes(everybody) || some.every((each) => all.includes(each));
}

function grantedOf(scope: Scope): readonly string[] {
  const auth = scope.context.view("auth");
  if (typeof auth !== "object" || auth === null || !Object.hasOwn(auth, "scope")) return [];
  const granted: unknown = Reflect.get(auth, "scope");
  if (typeof granted === "string") return granted.split(" ");
  return Array.isArray(granted) ? granted.filter((each) => typeof each === "string") : [];
}
