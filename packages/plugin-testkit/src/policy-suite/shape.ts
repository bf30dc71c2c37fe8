import { errorCodes } from "@tidegate/core-registry";
import { isMembers, isPlainJson, isTexts } from "../suite/values.ts";

/** Describes what is wrong with a compiled rule; undefined where its shape is right. */
export function ruleProblem(rule: unknown): string | undefined {
  if (!isMembers(rule)) return `no rule, but ${rule === null ? "null" : typeof rule}`;
  const { decide, cache = "never", reads = [], readsParams = false, requirements = null } = rule;
  const { start, dispose } = rule;
  if (typeof decide !== "function") return "`decide` is no function";
  if (!["never", "request", "identity"].includes(String(cache))) return `\`cache\` is ${String(cache)}`;
  if (!isTexts(reads)) return "`reads` is no list of names";
  if (typeof readsParams !== "boolean") return "`readsParams` is no boolean";
  if (!isPlainJson(requirements)) return "`requirements` is no plain JSON";
  for (const member of [start, dispose])
    if (member !== undefined && typeof member !== "function") return "`start` or `dispose` is no function";
  return undefined;
}

/** Describes what is wrong with a decision; undefined where it is a boolean or a verdict. */
export function verdictProblem(verdict: unknown): string | undefined {
  if (typeof verdict === "boolean") return undefined;
  if (!isMembers(verdict)) return `no verdict, but ${verdict === null ? "null" : typeof verdict}`;
  const { allowed, code, retryAfter, reason } = verdict;
  if (typeof allowed !== "boolean") return `\`allowed\` is ${String(allowed)}`;
  if (code !== undefined && !(typeof code === "string" && Object.hasOwn(errorCodes, code)))
    return `\`code\` is ${String(code)}, which is no error code`;
  if (reason !== undefined && typeof reason !== "string") return "`reason` is no text";
  if (retryAfter === undefined) return undefined;
  const isSeconds = typeof retryAfter === "number" && Number.isFinite(retryAfter) && retryAfter >= 0;
  return isSeconds ? undefined : `\`retryAfter\` is ${String(retryAfter)}, which is no number of seconds`;
}
