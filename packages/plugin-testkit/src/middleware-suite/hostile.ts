import type { RequestParts } from "../request.ts";
import type { MiddlewareExample } from "./driver.ts";

/** Values of headers that a server accepts, although no middleware expects them. */
const headerValues = [
  "",
  "\t",
  "\u0080\u00ff",
  "x".repeat(16_000),
  ",;=".repeat(1_000),
  "%E0%A4%A",
  "%0d%0ax-injected:1",
  "ann:pw@a/b?c#d",
];
/** Values of the query, decoded: they can contain control characters. */
const queryValues = ["", "%00%07%1B", "%0d%0aset-cookie:%20a=b", "%E0%A4%A", "%F0%9F%98%80", "__proto__"];
const knownHeaders = ["authorization", "cookie", "host", "origin", "user-agent", "x-forwarded-for"];
const upgrade = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };

type Request = Pick<MiddlewareExample, "request" | "isUpgrade">;

/** Requests that clients can send although the middleware does not expect them. */
export function hostileRequests(examples: readonly MiddlewareExample[]): readonly Request[] {
  const parts = examples.map(({ request }) => request);
  return [
    { request: {} },
    { request: { headers: upgrade }, isUpgrade: true },
    ...parts.map((request) => ({ request, isUpgrade: true })),
    ...strangeRequests.map((request) => ({ request })),
    ...hostileHeaders(parts).map((request) => ({ request })),
    ...hostileQueries(parts).map((request) => ({ request })),
  ];
}

const strangeRequests: readonly RequestParts[] = [
  { method: "OPTIONS", url: "*" },
  { method: "TRACE" },
  { method: "PROPFIND" },
  { url: "//example.com//" },
  { url: "/%E0%A4%A?a=1&a=2&__proto__=1" },
  { url: "/%0d%0aset-cookie:%20a=b?%0d%0a=%0d%0a" },
  { url: `/?${Array.from({ length: 1_500 }, (_, index) => `a${index}=1`).join("&")}` },
  { url: "/", base: "/~preview@1a2b3c4d" },
  { peer: { address: "" } },
  { peer: { address: "2001:db8::1", encrypted: true } },
  { peer: { address: "fe80::1%eth0" } },
  { peer: { address: "::ffff:10.0.0.1" } },
  { headers: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-${index}`, "y"])) },
];

/** Each header that an example or a usual client has, with each strange value, and twice. */
function hostileHeaders(parts: readonly RequestParts[]): readonly RequestParts[] {
  const names = new Set([...parts.flatMap(({ headers = {} }) => Object.keys(headers)), ...knownHeaders]);
  return [...names].flatMap((name) =>
    [...headerValues, ["a", "b"]].map((value) => ({ headers: { [name]: value } })),
  );
}

/** Each parameter of the query of an example, with each strange value, and twice. */
function hostileQueries(parts: readonly RequestParts[]): readonly RequestParts[] {
  return parts.flatMap((request) => {
    const [path = "/", query = ""] = (request.url ?? "/").split("?");
    const names = [...new URLSearchParams(query).keys()].map(encodeURIComponent);
    return names.flatMap((name) =>
      [...queryValues.map((value) => `${name}=${value}`), `${name}=1&${name}=2`].map((changed) => ({
        ...request,
        url: `${path}?${changed}`,
      })),
    );
  });
}
