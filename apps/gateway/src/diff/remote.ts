import { TidegateError, type VersionDifference } from "@tidegate/core-registry";
import { z } from "zod";
import { changeSchema } from "../change-schema.ts";
import { pageUrl, requestGateway } from "../gateway-request.ts";
import { diffPath } from "../pages/diff.ts";

const versionSchema = z.looseObject({ branch: z.string(), tag: z.string() });

const differenceSchema: z.ZodType<VersionDifference> = z.looseObject({
  before: versionSchema,
  after: versionSchema,
  level: z.enum(["none", "safe", "dangerous", "breaking"]),
  changes: z.array(changeSchema),
});

const problemSchema = z.looseObject({ code: z.string(), detail: z.string() });

/**
 * Asks a running gateway what differs between two versions.
 * @param gateway its URL
 * @param range `BRANCH@A..BRANCH@B`
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` where it cannot be reached, does not know one of them, or does not answer with
 * a difference
 */
export async function askDifference(gateway: string, range: string): Promise<VersionDifference> {
  const url = pageUrl(gateway, `${diffPath}/${range}`);
  const response = await requestGateway(url, { headers: { accept: "application/json" } });
  const answer = parse(await response.text());
  const difference = response.ok ? differenceSchema.safeParse(answer).data : undefined;
  if (difference !== undefined) return difference;
  throw new TidegateError("DEPENDENCY_UNAVAILABLE", refusal(url, response, answer));
}

function refusal(url: string, { ok, status }: Response, answer: unknown): string {
  if (ok) return `${url} answered ${status}, but with no difference.`;
  const problem = problemSchema.safeParse(answer).data;
  if (problem !== undefined && status < 500 && problem.code !== "NOT_FOUND") return problem.detail;
  const why =
    status === 404
      ? ": no gateway there, or this is not for callers from here (server.access.diff)"
      : problem && `: ${problem.detail.replace(/\.$/, "")}`;
  return `${url} answered ${status}${why ?? ""}.`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
