import { Readable } from "node:stream";
import type { Json } from "@tidegate/core-registry";
import { tidegate } from "@tidegate/service-moleculer";
import type { ActionParams, Context, ServiceSchema } from "moleculer";

const get = (path: string, call: string | { readonly action: string; readonly params?: Json }) =>
  ({ method: "GET", path, call }) as const;
const mapped = (action: string) => ({ action, map: "({ response }) => typeof response" });

/** Filters that return something that is no `true`, and would be `true` or truthy outside of the sandbox. */
export const disguisedFilters: readonly string[] = [
  "() => new Boolean(true)",
  "() => Object(true)",
  "() => ({ toJSON: () => true })",
  "() => Object.assign(() => true, { toJSON: () => true })",
  "() => new Proxy({}, { get: (_, name) => name === 'toJSON' ? () => true : undefined })",
  "() => new (class { toJSON() { return true; } })()",
  "() => [true]",
  "() => 'true'",
  "() => 1",
];

function nested(depth: number): object {
  let value: object = { end: true };
  for (let level = 1; level < depth; level++) value = { in: value };
  return value;
}

function circular(): object {
  const value: Record<string, unknown> = { name: "x" };
  value.self = [{ value }];
  return value;
}

/** Describes params as an action sees them: whether each object is a plain one, and its own keys. */
function describeParams(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(describeParams);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(
    ([name, member]) => `${name}=${JSON.stringify(describeParams(member))}`,
  );
  const isPlain = Object.getPrototypeOf(value) === Object.prototype && !Object.hasOwn(value, "__proto__");
  return `${isPlain ? "plain" : "other"} ${members.join(" ")}`;
}

const describe = { handler: ({ params }: Context) => ({ seen: describeParams(params) }) };

/** Params that no schema of OpenAPI can express as they are declared. */
const oddParams: ActionParams = {
  id: { type: "number", convert: true, optional: true },
  name: { type: "string", min: -1, max: 9.5, optional: true },
  pair: { type: "tuple", items: ["string", "number"], optional: true },
  at: { type: "date", default: new Date(0) },
};

/** A service whose answers cannot be sent as they are, and whose filters and params are hostile. */
export const service: ServiceSchema = {
  name: "odd",
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/odd",
            routes: [
              get("/objects", "odd.objects"),
              get("/numbers", "odd.numbers"),
              get("/later", "odd.later"),
              get("/text", "odd.text"),
              get("/pdf", "odd.pdf"),
              get("/pdf-stream", "odd.pdfStream"),
              get("/snow", "odd.snow"),
              get("/split", "odd.split"),
              get("/query", { action: "odd.describe", params: "@query" }),
              get("/path/:a/:b", { action: "odd.describe", params: "@path" }),
              get("/nested", { action: "odd.describe", params: { q: "@query", list: ["@query"] } }),
              { method: "POST", path: "/body", call: { action: "odd.describe", params: "@body" } },
              { method: "POST", path: "/part", call: { action: "odd.describe", params: { a: "@body.a" } } },
              get("/context", { action: "odd.describe", params: { c: "@context.request.query" } }),
              get("/deeper-than-functions", "odd.deeper"),
              get("/deep-map", mapped("odd.deep")),
              get("/deeper-map", mapped("odd.deeper")),
              get("/circular", "odd.circular"),
              get("/circular-map", mapped("odd.circular")),
              get("/large-map", mapped("odd.large")),
              get("/fine-map", mapped("odd.fine")),
              { method: "POST", path: "/own-map", map: "({ body }) => body.length" },
              ...disguisedFilters.map((_, index) => get(`/filter/${index}`, `odd.filter${index}`)),
              get("/filter/true", "odd.filterTrue"),
              get("/typed/:id(\\d+)", "odd.typed"),
              get("/typed/:name([a-z]{1,9})", "odd.typedByName"),
            ],
          },
        },
        policy: {
          call: [
            ...disguisedFilters.map((filter, index) => ({ actions: [`odd.filter${index}`], filter })),
            { actions: ["odd.filterTrue"], filter: "() => true" },
          ],
        },
      },
    }),
  ],
  actions: {
    objects: () => Readable.from([{ a: 1 }, { b: 2 }]),
    numbers: () => Readable.from([1, 2]),
    later: () => Readable.from(["a".repeat(100_000), { a: 1 }]),
    text: () => Readable.from(["a", "é"]),
    pdf: () => ({ $headers: { "Content-Disposition": 'attachment; filename="日本.pdf"' }, $body: "x" }),
    pdfStream: (context: Context<unknown, Record<string, unknown>>) => {
      context.meta.$headers = { "content-disposition": "attachment; filename=日本.pdf", "x-snow": "☃" };
      return Readable.from([Buffer.from("x")]);
    },
    snow: () => ({ $status: 201, $headers: { "x-snow": "☃", "x-rain": "é" }, $body: "x" }),
    split: () => ({ $headers: { "x-snow": "☃\r\nx-b: 1" }, $body: "x" }),
    describe,
    deep: () => nested(5_000),
    deeper: () => nested(501),
    circular,
    large: () => ({ text: "x".repeat(5 * 1_024 * 1_024) }),
    fine: () => nested(400),
    ...Object.fromEntries(disguisedFilters.map((_, index) => [`filter${index}`, () => "passed"])),
    filterTrue: () => "passed",
    typed: { params: oddParams, handler: () => "by id" },
    typedByName: { params: oddParams, handler: () => "by name" },
  },
};
