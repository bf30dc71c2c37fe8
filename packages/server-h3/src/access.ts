import { isIP } from "node:net";
import type { Access, NotServed, Scope, Served } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import { requestedHost } from "./request/head.ts";
import type { ServerRequest } from "./request/request.ts";
import { branchUnknown, makeScope, recompileEvicted, type ServerParts, versionUnknown } from "./served.ts";
import { type BranchName, isBranchName, tagPattern } from "./target.ts";

const proxyHeader = /^(?:forwarded|via|x-forwarded-.*)$/;

/**
 * Finds the version that serves a branch and a tag. Does not compile an evicted version that the client
 * named.
 * @throws `BRANCH_UNKNOWN`, `VERSION_UNKNOWN` where the branch or the version does not exist, or the client
 * cannot use it (S9.11)
 */
export async function findServed(
  parts: ServerParts,
  request: ServerRequest,
  { branch, tag }: BranchName,
): Promise<Served | NotServed> {
  if (branch !== "master") {
    const isAllowed = isBranchName(branch) && (await isPermitted(parts, parts.access.branches, request));
    if (!isAllowed) throw branchUnknown(branch);
  }
  const newest = parts.api.find(branch, undefined);
  return tag === undefined ? newest : findVersion(parts, request, branch, tag, newest);
}

async function findVersion(
  parts: ServerParts,
  request: ServerRequest,
  branch: string,
  tag: string,
  newest: Served | NotServed,
): Promise<Served | NotServed> {
  if (isTagOf(tag, newest)) return newest;
  if (tagPattern.test(tag)) {
    if (await isPermitted(parts, parts.access.versions, request)) return parts.api.find(branch, tag);
    // Clients of the branch can name its newest version by tag, which is known once the version is compiled.
    const compiled = newest.version === undefined ? await recompileEvicted(request, newest) : newest;
    if (isTagOf(tag, compiled)) return compiled;
  }
  throw versionUnknown(branch, tag);
}

function isTagOf(tag: string, { version }: Served | NotServed): boolean {
  return version !== undefined && (tag === version.name || tag === version.id);
}

/** Whether a request has an access: to branches, to versions or to a page of the gateway (S9.11). */
export async function isPermitted(
  parts: ServerParts,
  access: Access,
  request: ServerRequest,
): Promise<boolean> {
  if (access === "open") return true;
  if (access === "local") return isLocal(request);
  // The scope is always on master: a refused request compiles nothing and keeps no branch in use.
  const scope = makeScope(parts, request, "master", parts.api.find("master", undefined));
  try {
    return await hasAuthScope(scope, access.scope);
  } catch {
    // With an invalid token a client has the same access as without one.
    return false;
  } finally {
    scope.end();
  }
}

async function hasAuthScope({ context }: Scope, needed: string): Promise<boolean> {
  await context.prepare(["auth"]);
  const auth = await context.get("auth");
  if (!isObject(auth)) return false;
  const scopes = typeof auth.scope === "string" ? auth.scope.split(" ") : auth.scope;
  return Array.isArray(scopes) && scopes.includes(needed);
}

/**
 * Whether a request is local (S9.11): from a loopback address, not proxied, to localhost or an IP address.
 */
export function isLocal(request: ServerRequest): boolean {
  return (
    isLoopback(request.peer.address) &&
    isLocalhostOrAddress(requestedHost(request.incoming)) &&
    !request.headers.some(([name]) => proxyHeader.test(name))
  );
}

function isLoopback(address: string): boolean {
  return address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

function isLocalhostOrAddress(host: string): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  if (name.startsWith("[")) return isIP(name.slice(1, -1)) === 6;
  return name === "localhost" || isIP(name) === 4;
}
