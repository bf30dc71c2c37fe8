import fc from "fast-check";
import { body } from "./bodies.ts";
import { header, host, methods, oddTarget, target } from "./parts.ts";
import type { RawRequest } from "./raw-http.ts";

/** Requests with generated paths, queries and headers, and without bodies. */
export const requestsWithoutBody: fc.Arbitrary<RawRequest> = fc
  .record({
    method: fc.oneof({ weight: 12, arbitrary: fc.constant("GET") }, fc.constantFrom(...methods)),
    target: fc.oneof({ weight: 9, arbitrary: target }, oddTarget),
    host,
    headers: fc.array(header, { maxLength: 3 }),
  })
  .map(({ host: name, headers, ...request }) => ({ ...request, headers: [["host", name], ...headers] }));

/** Requests with generated bodies to routes that read them. */
export const requestsWithBody: fc.Arbitrary<RawRequest> = fc
  .record({
    route: fc.constantFrom(
      ...[
        "POST /fuzz/body",
        "POST /fuzz/map",
        "POST /fuzz/stream",
        "PUT /fuzz/member/1",
        "PATCH /fuzz/declared",
      ],
      ...["DELETE /fuzz/path/1", "GET /fuzz/path/1", "POST /nowhere", "POST /graphql", "POST /~status"],
    ),
    body,
    isChunked: fc.boolean(),
    headers: fc.array(header, { maxLength: 2 }),
  })
  .map(({ route, body: [type, bytes, encoding], isChunked, headers }) => {
    const usedRoute = isForFunction(bytes) ? route : route.replace("/map", "/body");
    const [method = "", target = ""] = usedRoute.split(" ");
    const encodings = encoding === undefined ? [] : [["content-encoding", encoding] as const];
    const all = [["host", "localhost"] as const, ["content-type", type] as const, ...encodings, ...headers];
    const request: RawRequest = { method, target, headers: all, body: bytes, isChunked };
    const start = bytes.toString("latin1", 0, 200);
    const text = fc.stringify({ ...request, body: `${bytes.length} bytes: ${start}` });
    return { ...request, [fc.toStringMethod]: () => text };
  });

// A function has little time, and is disabled when it exceeds that time three times in a minute.
function isForFunction({ length }: Buffer): boolean {
  return length < 20_000;
}
