import { type GatewayHealth, type NotServed, type Reply, TidegateError } from "@tidegate/core-registry";

/** The gateway has compiled nothing yet (S12.6). */
export function starting(): TidegateError {
  return new TidegateError("STARTING", undefined, { retryAfter: 1 });
}

/** S9.5: which branch is not there; also said to who may not use it. */
export function branchUnknown(branch: string): TidegateError {
  return new TidegateError("BRANCH_UNKNOWN", `There is no branch '${branch.slice(0, 64)}'.`);
}

/** S9.5: which version is not there; also said to who may not use it. */
export function versionUnknown(branch: string, tag: string): TidegateError {
  return new TidegateError(
    "VERSION_UNKNOWN",
    `The branch '${branch.slice(0, 64)}' has no version '${tag.slice(0, 64)}'.`,
  );
}

/** Why nothing is served, as an error. */
export function notServed({ missing }: NotServed, branch: string, tag: string | undefined): TidegateError {
  // What would not wake may do so at the next try.
  if (missing === "starting" || missing === "evicted") return starting();
  return missing === "tag" ? versionUnknown(branch, tag ?? "latest") : branchUnknown(branch);
}

/**
 * What is answered where no route has the path and the method (S4.1, S4.2).
 * @param methods the methods that the path has
 * @throws `NOT_FOUND`, `METHOD_NOT_ALLOWED`, and `STARTING` while more routes may come
 */
export function answerNoMatch(method: string, methods: readonly string[], health: GatewayHealth): Reply {
  if (methods.length === 0) throw health.state === "starting" ? starting() : new TidegateError("NOT_FOUND");
  const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  if (method === "OPTIONS") return { status: 204, headers: [["allow", allow]], body: null };
  throw new TidegateError("METHOD_NOT_ALLOWED", undefined, { headers: [["allow", allow]] });
}
