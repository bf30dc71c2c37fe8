import fc from "fast-check";

const routes = [
  ...["/fuzz/path/", "/fuzz/number/", "/fuzz/regex/", "/fuzz/optional/", "/fuzz/rest/", "/fuzz/map/"],
  ...["/fuzz/declared", "/fuzz/headers", "/fuzz/body", "/fuzz/member/", "/fuzz/map", "/fuzz/stream", "/fuzz"],
  ...[
    "/",
    "/graphql",
    "/~catalog",
    "/~status",
    "/~health/liveness",
    "/@x/fuzz/path/",
    "/master@x/fuzz/path/",
  ],
];
/** Methods that Node's parser knows. */
export const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

// Visible ASCII without what ends a target, and letters that need more than one byte.
const targetText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."abc019/._-~%:;,=&?+@!$'()*[]{}|\\^`\"<>"),
    fc.constantFrom("é", "日", "😀"),
  ),
  maxLength: 20,
});
const oddSegments = fc.constantFrom(
  ...[
    "..",
    ".",
    "",
    "%2e%2e",
    "%252e%252e",
    "%2f",
    "%5c",
    "\\",
    "%00",
    "%0d%0a",
    "%ff",
    "%E0%A4%A",
    "%",
    "%zz",
  ],
  ...[
    "%",
    "%u0041",
    ":id",
    "*",
    "__proto__",
    "constructor",
    "a;b=c",
    "a%3Fb",
    "%F0%9F%98%80",
    "1e999",
    "NaN",
  ],
  ...["9007199254740993", "-0", "0x10", "x".repeat(300), "%61".repeat(300), "@", "~", "a:b@c"],
);
const plain = fc.constantFrom("1", "a", "-7.5", "abc", "x_y", "a%20b", "%E2%82%AC", "true", "a.b");
// Mostly usual texts: a request with many odd ones is refused for the first of them.
const mostlyPlain = (odd: fc.Arbitrary<string>, usual: fc.Arbitrary<string> = plain) =>
  fc.oneof({ weight: 8, arbitrary: usual }, odd, targetText);
const path = fc
  .array(mostlyPlain(oddSegments), { minLength: 1, maxLength: 2 })
  .map((parts) => parts.join("/"));
const longPath = fc
  .tuple(fc.constantFrom("/a", "/", "/..", "/%2e", "/:a", "/*"), fc.integer({ min: 100, max: 4_000 }))
  .map(([part, count]) => part.repeat(count).slice(0, 12_000));

const oddPairs = fc.constantFrom(
  ...[
    "a=1",
    "a",
    "=",
    "a=",
    "=b",
    "a==b",
    "a=%ff",
    "a=%E0%A4%A",
    "a=%",
    "a[]=1",
    "a[b]=1",
    "a[b][c]=1",
    "a[",
    "a]",
  ],
  ...["__proto__[x]=1", "constructor.prototype=1", "a.b=1", "n=1e400", "n=9007199254740993", "n=-0", "n=0x1"],
  ...[
    "flag=yes",
    "flag=",
    "list=1&list=2",
    "list=1,2",
    "list[]=a",
    "at=2020-13-45",
    "at=0",
    "a=+b+",
    "%61=1",
  ],
  ...["toString=1", "hasOwnProperty=1", "then=1", "$status=500", "a=%00", ";", "?", "#"],
);
const plainPairs = fc.constantFrom("a=1", "n=2", "list=3", "text=a+b", "flag=true", "a[b]=1", "x=%C3%A9");
/** Queries and forms. */
export const query = fc
  .array(mostlyPlain(oddPairs, plainPairs), { maxLength: 6 })
  .map((pairs) => pairs.join("&").replaceAll("#", "%23"));
/** Queries and forms of up to 12,000 characters. */
export const longQuery = fc
  .tuple(
    fc.constantFrom("a=1&", "&", "a[b]=1&", "a%5B=&", "__proto__=1&", "+"),
    fc.integer({ min: 100, max: 4_000 }),
  )
  .map(([pair, count]) => pair.repeat(count).slice(0, 12_000));

/** Paths and queries of the routes, most of them usual. */
export const target = fc
  .tuple(fc.constantFrom(...routes), fc.oneof({ weight: 19, arbitrary: path }, longPath), query)
  .map(
    ([route, rest, pairs]) => `${route}${route.endsWith("/") ? rest : ""}${pairs === "" ? "" : `?${pairs}`}`,
  );
/** Targets without a path, of another form, or with a long query. */
export const oddTarget = fc.oneof(
  fc.tuple(fc.constantFrom(...routes), longQuery).map(([route, pairs]) => `${route}?${pairs}`),
  fc.constantFrom(
    "*",
    "//",
    "//evil/fuzz",
    "///",
    "http://evil/fuzz/path/1",
    "http://",
    "evil:80",
    "?a=1",
    "/?#",
  ),
  targetText.map((text) => `/${text}`),
);

const oddHeaderText = fc.string({
  unit: fc.constantFrom(..."abzAZ019 \t,;=:/\\\"'()<>@[]{}?*+-_.~%$!#&|^`é日"),
  maxLength: 40,
});
const headerText = fc.oneof({ weight: 6, arbitrary: plain }, oddHeaderText);
const knownHeaders: Readonly<Record<string, readonly string[]>> = {
  accept: ["*/*", "text/html", "application/json;q=0", ",,,", "a".repeat(2_000)],
  "accept-encoding": ["gzip", "identity;q=0, *;q=0", "br;q=1.0000", "x".repeat(2_000)],
  authorization: ["Bearer", "Bearer ", "Bearer a.b.c", "Basic %%%", "Unknown x", "Bearer a, Bearer b", " "],
  cookie: ["a=b", "branch=x", "branch=master@x", "a", "=;=;;;", "__proto__=1", "a=%ff", "a=1;".repeat(1_000)],
  "x-branch": ["master", "x", "../x", "master@", "@", "MASTER", "a".repeat(1_000)],
  traceparent: ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0", "ff-", "x"],
  tracestate: ["a=b", "=", ",".repeat(500)],
  baggage: ["a=b", "a=%ff;x", "=", ",,;;", "a=b,".repeat(1_500)],
  "x-request-id": ["abc", "", "x".repeat(5_000), "a b", "\u007f"],
  "x-forwarded-for": ["1.2.3.4", "::1", "unknown", ",,,", "1.2.3.4, ".repeat(800), "[::1]:80"],
  "x-forwarded-proto": ["https", "javascript", ""],
  "x-forwarded-host": ["evil", "a b", ""],
  origin: ["null", "http://evil", "http://", "a b", ""],
  "access-control-request-method": ["PUT", "x y"],
  "access-control-request-headers": ["a,b", ",".repeat(2_000)],
  range: ["bytes=0-", "bytes=9-1", "x"],
  "if-none-match": ["*", '"a"', 'W/"a", '.repeat(500)],
  "if-modified-since": ["0", "Thu, 01 Jan 1970 00:00:00 GMT"],
  expect: ["100-continue", "x"],
  "x-timeout": ["0", "-1", "1e9"],
};
/** Headers that the gateway or an action reads, with usual and odd values. */
export const header = fc.oneof(
  fc
    .constantFrom(...Object.keys(knownHeaders))
    .chain((name) =>
      fc.tuple(fc.constant(name), fc.oneof(fc.constantFrom(...(knownHeaders[name] ?? [])), headerText)),
    ),
  fc.tuple(fc.constantFrom("x-a", "X-B", "__proto__", "constructor", "x_c", "status", "$status"), headerText),
);
/** Values of `Host`, most of them right. */
export const host = fc.oneof(
  { weight: 29, arbitrary: fc.constant("localhost") },
  fc.constantFrom("", "a b", "a@b", "a:99999", "[::1]", "[", "日本", "a/../b", "x".repeat(1_000)),
);
