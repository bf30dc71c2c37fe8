import type { ServerRequest } from "./request.ts";

/** Whom a request asked for, port included: of an absolute target its own (RFC 9112, 3.2.2), else the `Host` header's. */
export function hostOf(request: ServerRequest): string {
  const target = request.incoming.url ?? "/";
  if (target.startsWith("/") || !URL.canParse(target)) return request.header("host") ?? "";
  return new URL(target).host;
}
