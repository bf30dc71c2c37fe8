import { type CheckRequest, type Report, TidegateError } from "@tidegate/core-registry";
import { z } from "zod";
import { changeSchema } from "../change-schema.ts";
import { pageUrl, requestGateway } from "../gateway-request.ts";
import { checkPath } from "../pages/check.ts";

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

/**
 * Asks a running gateway for a dry run of the merge.
 * @param gateway its URL, a branch's prefix allowed
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` where it cannot be reached, or does not answer with a report
 */
export async function checkRemotely(gateway: string, request: CheckRequest): Promise<Report> {
  const url = pageUrl(gateway, checkPath);
  const response = await requestGateway(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const report = response.ok ? readReport(await response.text()) : undefined;
  if (report !== undefined) return report;
  const why = response.ok ? ", but with no report" : hint(response.status);
  throw new TidegateError("DEPENDENCY_UNAVAILABLE", `${url} answered ${response.status}${why}.`);
}

function readReport(text: string): Report | undefined {
  try {
    return reportSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function hint(status: number): string {
  return status === 404
    ? ": no gateway there, or dry runs are not allowed from here (server.access.check)"
    : "";
}
