import { type GatewayHealth, type GatewayPage, type Reply, TidegateError } from "@tidegate/core-registry";
import { findServed, isLocal, isPermitted } from "./access.ts";
import type { ServerRequest } from "./request/request.ts";
import { unmatchedReply } from "./router.ts";
import { makeScope, recompileEvicted, type ServerParts } from "./served.ts";
import { type BranchName, gatewayNames } from "./target.ts";

/** HTTP status of each health page by the state of the gateway (S12.6). */
const healthStatus: Readonly<
  Record<"liveness" | "readiness", Readonly<Record<GatewayHealth["state"], number>>>
> = {
  liveness: { starting: 200, running: 200, disconnected: 200, stopping: 200, failed: 500 },
  readiness: { starting: 503, running: 200, disconnected: 503, stopping: 503, failed: 500 },
};

/** The health of the gateway; `stopping` as soon as the server stops. */
export function gatewayHealth({ api, status }: ServerParts): GatewayHealth {
  return status.stopping ? { state: "stopping", reasons: [] } : api.health();
}

/** Whether a page is one of the server's own health pages. They are not below a branch. */
export function isHealthPage({ base, path }: ServerRequest): boolean {
  return base === "" && path.startsWith("/~health/");
}

/**
 * Replies to `/~health/liveness` and `/~health/readiness`. Only local clients get the reasons.
 * @throws `NOT_FOUND`, `METHOD_NOT_ALLOWED`
 */
export function healthReply(request: ServerRequest, { state, reasons }: GatewayHealth): Reply {
  const probe = request.path.slice("/~health/".length);
  if (probe !== "liveness" && probe !== "readiness") throw new TidegateError("NOT_FOUND");
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new TidegateError("METHOD_NOT_ALLOWED", undefined, { headers: [["allow", "GET, HEAD"]] });
  return {
    status: healthStatus[probe][state],
    headers: [
      ["content-type", "application/json"],
      ["cache-control", "no-store"],
    ],
    body: JSON.stringify(isLocal(request) ? { state, reasons } : { state }),
  };
}

/**
 * Runs one of the gateway's own pages (S9.9), also where nothing is served for its branch and version.
 * @throws `NOT_FOUND` for a page that the client cannot see; `METHOD_NOT_ALLOWED` and the errors of
 * `findServed`
 */
export async function pageReply(
  parts: ServerParts,
  request: ServerRequest,
  target: BranchName,
): Promise<Reply> {
  const found = await findServed(parts, request, target);
  const pages = pagesAt(parts.api.pages, request.path);
  const visible: GatewayPage[] = [];
  for (const page of pages) if (await isPermitted(parts, page.access, request)) visible.push(page);
  if (visible.length === 0) throw new TidegateError("NOT_FOUND");
  const method = request.method === "HEAD" ? "GET" : request.method;
  const page = pages.find((one) => one.method === method);
  if (page === undefined || !visible.includes(page)) {
    const methods = visible.map((one) => one.method);
    return unmatchedReply(request.method, methods, gatewayHealth(parts));
  }
  const served = await recompileEvicted(request, found);
  request.scope = makeScope(parts, request, target.branch, served);
  return page.handle(request, request.scope, served);
}

/** The pages with a path; where there is none, the pages that handle all paths below theirs. */
function pagesAt(pages: readonly GatewayPage[], path: string): readonly GatewayPage[] {
  const end = path.indexOf("/", 1);
  const name = end === -1 ? path.slice(2) : path.slice(2, end);
  if (!gatewayNames.has(name)) return [];
  const exact = pages.filter((page) => page.path === path);
  if (exact.length > 0) return exact;
  return pages.filter((page) => page.prefix === true && path.startsWith(`${page.path}/`));
}
