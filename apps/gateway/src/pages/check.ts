import {
  type Access,
  type CheckRequest,
  type GatewayPage,
  type Registry,
  TidegateError,
} from "@tidegate/core-registry";
import { z } from "zod";

/** What the page asks, and who may. */
export interface CheckPageOptions {
  /** What knows. */
  readonly registry: Pick<Registry, "check">;
  /** Who may ask (S9.11). */
  readonly access: Access;
}

/** Where a running gateway takes dry runs, below the branch's prefix. */
export const checkPath = "/~api/check";

const requestSchema = z.strictObject({
  fragment: z.unknown(),
  service: z.string().min(1),
  branch: z.string().min(1).optional(),
});

/**
 * `POST /~api/check` and `/~BRANCH/~api/check`: what would become of a fragment, `{ fragment, service, branch? }`. Answers the report, 200
 * also where it says that the fragment would be refused; nothing is served.
 */
export function checkPage({ registry, access }: CheckPageOptions): GatewayPage {
  return {
    method: "POST",
    path: checkPath,
    access,
    handle: async (request, scope) => {
      // A browser sends JSON to another origin only after asking: a page elsewhere cannot make dry runs here.
      if (request.body.type !== "application/json") {
        throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", "Send JSON: { fragment, service, branch? }.");
      }
      const asked = readRequest(await request.body.json());
      const branch = asked.branch ?? (request.base === "" ? undefined : scope.branch);
      const report = await registry.check({ ...asked, ...(branch !== undefined && { branch }) });
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
