import { type ContextFactory, isTidegateError } from "@tidegate/core-registry";
import { httpRequest, type RequestParts } from "../request.ts";
import type { CheckContext } from "../suite/check.ts";
import {
  type ContextCheck,
  type ContextSuite,
  create,
  createValues,
  startedFactory,
  viewOf,
} from "./driver.ts";

/** Checks the values of a context factory, and their views (S12.3). */
export const valueChecks: readonly ContextCheck[] = [
  {
    title: "create returns the value of each example, also where requests arrive at once",
    run: async (suite, check) => {
      const factory = await startedFactory(suite, check);
      for (const { example, value } of await createValues(suite, check, factory)) {
        check.clause("Creates the value of its own request.");
        if ("expect" in example)
          check.matches(value, example.expect, `the value for ${JSON.stringify(example.request)}`);
      }
      for (const { request, fails } of suite.requests) {
        if (fails === undefined) continue;
        check.clause("An error fails only the readers of this value. Its code decides the reply.");
        const what = `create() for ${JSON.stringify(request)}`;
        await check.rejects(create(suite, factory, httpRequest(request)), { code: fails }, what);
      }
    },
  },
  {
    title: "the view hides what no function, mapping or report can read",
    run: async (suite, check) => {
      const factory = await startedFactory(suite, check);
      for (const { example, value } of await createValues(suite, check, factory)) {
        check.clause("Returns the part that functions, mappings and reports can read.");
        const view = await check.wait(
          Promise.try(() => viewOf(factory, value)),
          "view() returns a part of the value",
        );
        const text = JSON.stringify(view) ?? "";
        for (const secret of suite.hidden ?? [])
          check.ok(!text.includes(secret), `the view does not contain '${secret}'`, text);
        if ("view" in example)
          check.matches(view, example.view, `the view for ${JSON.stringify(example.request)}`);
        check.equal(JSON.stringify(viewOf(factory, value)) ?? "", text, "the view of the same value again");
      }
    },
  },
  {
    title: "create does not read the body, and changes nothing of the request",
    run: async (suite, check) => {
      const factory = await startedFactory(suite, check);
      for (const { request: parts } of suite.requests) await readsNoBody(suite, check, factory, parts);
    },
  },
  {
    title: "hostile requests fail with a code, or not at all",
    run: async (suite, check) => {
      const factory = await startedFactory(suite, check);
      for (const parts of hostileRequests(suite)) await survives(suite, check, factory, parts);
    },
  },
];

/** Checks how long values live (S12.3). */
export const lifetimeChecks: readonly ContextCheck[] = [
  {
    title: "close resolves for each value",
    needs: ({ make }) => (make().close === undefined ? "the context has no close" : undefined),
    run: async (suite, check) => {
      const factory = await startedFactory(suite, check);
      const requests = suite.requests.filter(({ fails }) => fails === undefined);
      const values: unknown[] = [];
      for (const { request } of [...requests, ...requests])
        values.push(await check.wait(create(suite, factory, httpRequest(request)), "create() resolves"));
      const objects = values.filter((value) => typeof value === "object" && value !== null);
      check.clause("The value lives as long as its request, and is closed with it: requests share none.");
      check.equal(new Set(objects).size, objects.length, "the number of different values that are closed");
      check.clause("Closes the value when its request or connection ends.");
      for (const value of values)
        await check.wait(
          Promise.try(() => factory.close?.(value)),
          "close() resolves",
        );
    },
  },
  {
    title: "each request of a connection has a value of its own",
    needs: ({ make }) => (make().perRequest === true ? undefined : "the context is not `perRequest`"),
    run: async (suite, check) => {
      const factory = await startedFactory(suite, check);
      const one = await check.wait(create(suite, factory, httpRequest()), "create() resolves");
      await check.quiet();
      const other = await check.wait(create(suite, factory, httpRequest()), "create() resolves");
      check.clause("True: each request of a connection creates its own value.");
      check.ok(!Object.is(one, other), "two requests without headers have different values", other);
    },
  },
];

async function readsNoBody(
  suite: ContextSuite,
  check: CheckContext,
  factory: ContextFactory,
  parts: RequestParts,
): Promise<void> {
  const read: string[] = [];
  const request = httpRequest({ ...parts, method: "POST", json: { some: "body" } });
  const before = JSON.stringify(request);
  const body = new Proxy(request.body, {
    get: (target, name) => {
      if (name !== "type") read.push(String(name));
      return Reflect.get(target, name);
    },
  });
  const value = await create(suite, factory, { ...request, body }).catch(() => undefined);
  check.onEnd(() => (value === undefined ? undefined : factory.close?.(value)));
  check.clause("The body can be read once, by the route: a context does not read it.");
  check.equal(
    read.filter((name) => name !== "then"),
    [],
    "the list of members of the body that create() reads",
  );
  check.clause("The request belongs to all readers: a context does not change it.");
  check.equal(JSON.stringify(request), before, "the request after create()");
}

async function survives(
  suite: ContextSuite,
  check: CheckContext,
  factory: ContextFactory,
  parts: RequestParts,
): Promise<void> {
  check.clause("A request of any client gives a value or an error with a code.");
  const text = JSON.stringify(parts).slice(0, 120);
  const ended = create(suite, factory, httpRequest(parts)).then(
    (value) => {
      viewOf(factory, value);
      return factory.close?.(value);
    },
    (error: unknown) => {
      if (!isTidegateError(error)) throw error;
    },
  );
  await check.wait(ended, `create() and view() have no error without code for ${text}`);
}

/** Requests that clients can send although the factory does not expect them. */
function hostileRequests({ requests }: ContextSuite): readonly RequestParts[] {
  const names = [...new Set(requests.flatMap(({ request }) => Object.keys(request.headers ?? {})))];
  const texts = [
    "",
    " ",
    "\u0000\u0007\u001b[31m",
    "é€\uFFFF",
    "x".repeat(100_000),
    ",;=".repeat(1_000),
    "%E0%A4%A",
  ];
  const known = ["authorization", "cookie", "host", "x-forwarded-for", "accept-language"];
  return [
    {},
    { url: "/%E0%A4%A?a=1&a=2&__proto__=1" },
    { peer: { address: "" } },
    { peer: { address: "2001:db8::1", encrypted: true } },
    { peer: { address: "::ffff:10.0.0.1" } },
    { headers: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-${index}`, "y"])) },
    ...[...new Set([...names, ...known])].flatMap((name) =>
      [...texts, ["a", "b"]].map((value) => ({ headers: { [name]: value } })),
    ),
  ];
}
