import type { ContextFactory, HttpRequest } from "@tidegate/core-registry";

const hidden: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "cookie2",
  "proxy-authorization",
  "set-cookie",
]);

/** What functions, mappings and reports may see of a request: no cookies, no authorization, no body. */
export interface RequestView {
  /** As sent, in capitals. */
  readonly method: string;
  /** Path after the branch's prefix, normalised. */
  readonly path: string;
  /** The branch's prefix. */
  readonly base: string;
  /** The query. */
  readonly query: HttpRequest["query"];
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `request`: the whole request for the gateway's own parts (S12.3), and a {@link RequestView} for everybody else. */
export function requestContext(): ContextFactory<HttpRequest> {
  return { contract: 1, name: "request", create: ({ request }) => request, view: viewOf };
}

function viewOf(request: HttpRequest): RequestView {
  const headers: Record<string, string> = Object.create(null);
  for (const [name] of request.headers) {
    if (!hidden.has(name)) headers[name] = request.header(name) ?? "";
  }
  const { method, path, base, query } = request;
  return { method, path, base, query, headers };
}
