import type { FunctionProblem } from "@tidegate/core-registry";
import { full } from "acorn-walk";
import { knownNames } from "./globals.ts";
import { freeNameHint } from "./hints.ts";
import type { Names } from "./names.ts";
import type { ParsedFunction } from "./parse.ts";
import { problemAt } from "./problem.ts";

/** Warns of every name that neither the text declares nor the sandbox has, once each (S11.3). */
export function freeNameProblems(parsed: ParsedFunction, names: Names): FunctionProblem[] {
  const asked = askedWithTypeof(parsed);
  const told = new Set<string>();
  return names.free.flatMap((identifier) => {
    const { name } = identifier;
    if (knownNames.has(name) || told.has(name) || asked.has(identifier)) return [];
    told.add(name);
    return [
      problemAt(parsed.source, identifier.start - parsed.offset, {
        severity: "warning",
        code: "FUNCTION_FREE_NAME",
        message: `The sandbox has no "${name}"`,
        hint: freeNameHint(name),
      }),
    ];
  });
}

/** `typeof process` asks whether there is one: no fault. */
function askedWithTypeof({ node }: ParsedFunction): ReadonlySet<object> {
  const asked = new Set<object>();
  full(node, (inner) => {
    if (inner.type === "UnaryExpression" && inner.operator === "typeof") asked.add(inner.argument);
  });
  return asked;
}
