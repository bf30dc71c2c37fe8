import { BlockList, isIP } from "node:net";
import { type ContextFactory, type HttpRequest, TidegateError } from "@tidegate/core-registry";

const hiddenHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "cookie2",
  "proxy-authorization",
  "set-cookie",
]);

/**
 * The part of a request that functions, mappings and reports can read: no cookies, no authorization, no body.
 */
export interface RequestView {
  readonly method: string;
  readonly path: string;
  readonly base: string;
  readonly query: HttpRequest["query"];
  /** The headers by name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `request`: the whole request for the gateway's own parts (S12.3); functions see a {@link RequestView}. */
export function requestContext(): ContextFactory<HttpRequest> {
  return { contract: 2, name: "request", create: ({ request }) => request, view: viewOf };
}

function viewOf(request: HttpRequest): RequestView {
  const headers: Record<string, string> = Object.create(null);
  for (const [name] of request.headers) {
    if (!hiddenHeaders.has(name)) headers[name] = request.header(name) ?? "";
  }
  const { method, path, base, query } = request;
  return { method, path, base, query, headers };
}

/**
 * `id`: the correlation id of the request (S12.3): its `x-request-id` or the trace id of its W3C
 * `traceparent` where valid, else a new one. The reply carries it as `x-request-id`. Requests on one
 * WebSocket have different ids.
 */
export function idContext(): ContextFactory<string> {
  return {
    contract: 2,
    name: "id",
    perRequest: true,
    create: ({ requestId }) => requestId,
  };
}

/**
 * `ip`: the IP address of the client (S12.3). `X-Forwarded-For` is read from the right, while addresses are
 * trusted.
 * @param trustedProxies addresses and subnets: `10.0.0.0/8`, `::1`. Default none: the address of the peer
 * @throws `CONFIG_INVALID` where one of them is neither
 */
export function ipContext(trustedProxies: readonly string[] = []): ContextFactory<string> {
  const trusted = createBlockList(trustedProxies);
  return {
    contract: 2,
    name: "ip",
    create: ({ request }) => clientAddress(request, (address) => contains(trusted, address)),
  };
}

function clientAddress(request: HttpRequest, isTrusted: (address: string) => boolean): string {
  let client = request.peer.address;
  const hops = isTrusted(client) ? (request.header("x-forwarded-for")?.split(",") ?? []) : [];
  for (const hop of hops.reverse()) {
    const address = hop.trim();
    if (isIP(address) === 0) return client;
    client = address;
    if (!isTrusted(address)) return client;
  }
  return client;
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}

function createBlockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address);
    const length = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
    if (family === 0 || !Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128))
      throw new TidegateError(
        "CONFIG_INVALID",
        `The trusted proxy '${entry}' is neither an IP address nor a subnet such as 10.0.0.0/8.`,
      );
    list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}
