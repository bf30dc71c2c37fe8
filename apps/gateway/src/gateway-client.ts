import { type Report, TidegateError } from "@tidegate/core-registry";
import type { CheckRequest, VersionDifference } from "@tidegate/core-registry/registry";
import { z } from "zod";
import { checkPath } from "./pages/check.ts";
import { diffPath } from "./pages/diff.ts";

const timeoutMs = 30_000;

const changeSchema = z.looseObject({
  kind: z.enum(["added", "removed", "changed"]),
  plugin: z.string(),
  label: z.string(),
  level: z.enum(["safe", "dangerous", "breaking"]),
  detail: z.string().exactOptional(),
  service: z.string().exactOptional(),
});

const versionSchema = z.looseObject({ branch: z.string(), tag: z.string() });

const differenceSchema: z.ZodType<VersionDifference> = z.looseObject({
  before: versionSchema,
  after: versionSchema,
  level: z.enum(["none", "safe", "dangerous", "breaking"]),
  changes: z.array(changeSchema),
});

const findingSchema = z.looseObject({
  severity: z.enum(["error", "warning", "info"]),
  code: z.string(),
  jsonPath: z.string(),
  message: z.string(),
  expected: z.string().exactOptional(),
  found: z.string().exactOptional(),
  hint: z.string().exactOptional(),
  line: z.number().exactOptional(),
  column: z.number().exactOptional(),
  frame: z.string().exactOptional(),
  fix: z.union([z.object({ rename: z.string() }), z.object({ value: z.string() })]).exactOptional(),
});

const reportSchema = z.looseObject({
  contract: z.literal(1),
  gateway: z.string(),
  service: z.string(),
  branch: z.string(),
  hash: z.string().exactOptional(),
  occasion: z.enum(["merge", "remove", "runtime"]),
  state: z.enum(["waiting", "succeeded", "failed", "skipped"]),
  from: z.string().exactOptional(),
  to: z.string().exactOptional(),
  changes: z.array(changeSchema),
  findings: z.array(findingSchema),
  console: z.array(
    z.looseObject({
      level: z.enum(["debug", "log", "info", "warn", "error"]),
      jsonPath: z.string(),
      text: z.string(),
    }),
  ),
  urls: z.array(z.string()),
  table: z.string(),
});

const problemSchema = z.looseObject({ code: z.string(), detail: z.string() });

/**
 * Requests a dry run of the merge from a running gateway.
 * @param gateway the gateway's URL, with or without the prefix of a branch
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` if the gateway cannot be reached, or its answer is not a
 * report
 */
export async function requestCheck(gateway: string, request: CheckRequest): Promise<Report> {
  const url = pageUrl(gateway, checkPath);
  const response = await send(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const report = response.ok ? reportSchema.safeParse(parseJson(await response.text())).data : undefined;
  if (report !== undefined) return report;
  const reason = response.ok
    ? ", but the answer is not a report"
    : response.status === 404
      ? ": no gateway is there, or server.access.check does not allow dry runs from here"
      : "";
  throw new TidegateError("DEPENDENCY_UNAVAILABLE", `${url} answered ${response.status}${reason}.`);
}

/**
 * Requests the difference between two versions from a running gateway.
 * @param range `BRANCH@A..BRANCH@B`
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` if the gateway cannot be reached, does not know one of the
 * versions, or its answer is not a difference
 */
export async function requestDifference(gateway: string, range: string): Promise<VersionDifference> {
  const url = pageUrl(gateway, `${diffPath}/${range}`);
  const response = await send(url, { headers: { accept: "application/json" } });
  const answer = parseJson(await response.text());
  const difference = response.ok ? differenceSchema.safeParse(answer).data : undefined;
  if (difference !== undefined) return difference;
  throw new TidegateError("DEPENDENCY_UNAVAILABLE", noDifferenceText(url, response, answer));
}

function noDifferenceText(url: string, { ok, status }: Response, answer: unknown): string {
  if (ok) return `${url} answered ${status}, but the answer is not a difference.`;
  const problem = problemSchema.safeParse(answer).data;
  if (problem !== undefined && status < 500 && problem.code !== "NOT_FOUND") return problem.detail;
  const reason =
    status === 404
      ? ": no gateway is there, or server.access.diff does not allow this from here"
      : problem && `: ${problem.detail.replace(/\.$/, "")}`;
  return `${url} answered ${status}${reason ?? ""}.`;
}

function pageUrl(gateway: string, path: string): string {
  return `${gateway.replace(/\/+$/, "")}${path}`;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
  } catch (cause) {
    const reason =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new TidegateError("DEPENDENCY_UNAVAILABLE", `The gateway at ${url} cannot be reached: ${reason}`, {
      cause,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
