import { TidegateError } from "@tidegate/core-registry";
import type { z } from "zod";

/**
 * The error of a configuration that is wrong: every wrong option with its path, one a line.
 * @param source where the configuration comes from: a file's name
 */
export function configError(source: string, issues: readonly z.core.$ZodIssue[]): TidegateError {
  const lines = issues.flatMap(issueLines);
  const title = lines.length === 1 ? "An option is wrong" : `${lines.length} options are wrong`;
  return new TidegateError("CONFIG_INVALID", [`${title} in ${source}:`, ...lines].join("\n"));
}

function issueLines(issue: z.core.$ZodIssue): readonly string[] {
  const meant = issue.code === "invalid_union" ? meantMember(issue) : undefined;
  if (meant !== undefined) {
    return meant.flatMap((inner) => issueLines({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  const path = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return [`  ${path === "" ? "the configuration" : path.replace(/^\./, "")}: ${issue.message}`];
}

/** Of a union's members the one that came furthest is what was meant; none where all failed at once. */
function meantMember(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const [furthest] = issue.errors.toSorted((a, b) => depth(b) - depth(a));
  return furthest !== undefined && depth(furthest) > 0 ? furthest : undefined;
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map((issue) => issue.path.length + Number(issue.code === "unrecognized_keys")),
  );
}
