import type { KnownValue } from "../../contracts/connector.ts";
import type { Finding } from "../../contracts/report.ts";
import type { FunctionCheck } from "../../contracts/sandbox.ts";
import { type AbsentMember, absentMember, knownNames } from "../params/known-values.ts";

/**
 * Finds the members that a function reads of its argument and never gets (S1.7). Only what the text reads for
 * certain is a finding: nothing where the argument is spread, passed on, or read by a computed key.
 *
 * @param argument what is known of the function's argument
 */
export function memberFindings(
  check: Pick<FunctionCheck, "reads" | "locate">,
  argument: KnownValue,
  jsonPath: string,
): Finding[] {
  if (check.reads === "all") return [];
  const findings = new Map<string, Finding>();
  for (const path of check.reads) {
    const absent = absentMember(argument, path, "open");
    if (absent === undefined || absent.keys.length === 0) continue;
    const name = absent.keys.join(".");
    const place = check.locate?.(absent.keys);
    if (place === undefined || findings.has(name)) continue;
    findings.set(name, {
      severity: "warning",
      code: "FUNCTION_MEMBER_UNKNOWN",
      jsonPath,
      message: `The function reads \`${name}\`, which never has a value here.`,
      found: name,
      ...memberNames(absent, path, argument),
      ...place,
    });
  }
  return [...findings.values()];
}

function memberNames(
  { keys, siblings }: AbsentMember,
  path: readonly string[],
  argument: KnownValue,
): Pick<Finding, "expected" | "hint"> {
  const misspelt = keys.at(-1) ?? "";
  const prefix = keys.slice(0, -1).map((key) => `${key}.`);
  const names = knownNames(misspelt, siblings, prefix.join(""));
  const elsewhere = otherPlace(keys, path, argument);
  return elsewhere === undefined ? names : { ...names, hint: `Did you mean \`${elsewhere}\`?` };
}

// The sources are below `request` in the `map` of a call, and in no other function.
function otherPlace(
  keys: readonly string[],
  path: readonly string[],
  argument: KnownValue,
): string | undefined {
  const [first = "", second] = path;
  if (keys.length !== 1 || typeof argument === "string") return undefined;
  const isIn = (value: KnownValue | undefined, key: string): boolean =>
    typeof value === "object" && Object.hasOwn(value, key);
  if (isIn(argument.request, first)) return `request.${first}`;
  return first === "request" && second !== undefined && isIn(argument, second) ? second : undefined;
}
