import { type Access, type GatewayPage, TidegateError } from "@tidegate/core-registry";
import type { CheckRequest, Registry } from "@tidegate/core-registry/registry";
import { z } from "zod";

/** Options of `checkPage`: the registry and the access. */
export interface CheckPageOptions {
  readonly registry: Pick<Registry, "check">;
  /** Who can request dry runs (S9.11). */
  readonly access: Access;
}

/** The path of dry runs, below the prefix of a branch. */
export const checkPath = "/~api/check";

const requestSchema = z.strictObject({
  fragment: z.unknown(),
  service: z.string().min(1),
  branch: z.string().min(1).optional(),
});

/**
 * The page `POST /~api/check` and `/~BRANCH/~api/check`: a dry run of the merge of `{ fragment, service,
 * branch? }`. Answers 200 with the report, even if the fragment would be refused. Changes nothing that is
 * served.
 */
export function checkPage({ registry, access }: CheckPageOptions): GatewayPage {
  return {
    method: "POST",
    path: checkPath,
    access,
    handle: async (request, scope) => {
      // A browser sends JSON to another origin only after a CORS preflight, which this page does not answer.
      // So web pages of other origins cannot request dry runs.
      if (request.body.type !== "application/json") {
        throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", "Send JSON: { fragment, service, branch? }.");
      }
      const check = readRequest(await request.body.json());
      const branch = check.branch ?? (request.base === "" ? undefined : scope.branch);
      const report = await registry.check({ ...check, ...(branch !== undefined && { branch }) });
      return { status: 200, headers: [["content-type", "application/json"]], body: JSON.stringify(report) };
    },
  };
}

function readRequest(body: unknown): CheckRequest {
  const result = requestSchema.safeParse(body);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new TidegateError("BAD_REQUEST", `${issue?.path.join(".") || "The body"}: ${issue?.message}`);
  }
  const { fragment, service, branch } = result.data;
  return { fragment, service, ...(branch !== undefined && { branch }) };
}
