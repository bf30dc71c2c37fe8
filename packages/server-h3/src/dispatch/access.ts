import { isIP } from "node:net";
import type { Access, Scope } from "@tidegate/core-registry";
import { hostOf } from "../request/host.ts";
import type { ServerRequest } from "../request/request.ts";

const forwarded = /^(?:forwarded|via|x-forwarded-.*)$/;

/**
 * Whether a request may use something of the gateway's own (S9.11).
 * @param scope makes a scope to ask for `auth` in; asked for only where a scope is needed, and ended here
 */
export async function mayUse(access: Access, request: ServerRequest, scope: () => Scope): Promise<boolean> {
  if (access === "open") return true;
  if (access === "local") return isLocal(request);
  const asked = scope();
  try {
    return await holds(asked, access.scope);
  } catch {
    // Who cannot say who they are learns no more than others.
    return false;
  } finally {
    asked.end();
  }
}

/** S9.11: a loopback peer, through no proxy, that asked for localhost or an IP address. */
export function isLocal(request: ServerRequest): boolean {
  return (
    isLoopback(request.peer.address) &&
    hostIsLiteral(hostOf(request)) &&
    !request.headers.some(([name]) => forwarded.test(name))
  );
}

function isLoopback(address: string): boolean {
  return address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

function hostIsLiteral(host: string): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  if (name.startsWith("[")) return isIP(name.slice(1, -1)) === 6;
  return name === "localhost" || isIP(name) === 4;
}

async function holds(scope: Scope, needed: string): Promise<boolean> {
  await scope.context.prepare(["auth"]);
  const auth = await scope.context.get("auth");
  if (typeof auth !== "object" || auth === null || !("scope" in auth)) return false;
  const held = typeof auth.scope === "string" ? auth.scope.split(" ") : auth.scope;
  return Array.isArray(held) && held.includes(needed);
}
