import { TidegateError } from "@tidegate/core-registry";
import { serverAudits } from "graphql-http";
import { describe, expect, test } from "vitest";
import { negotiateMediaType } from "../src/http/request.ts";
import { request, testGateway } from "./test-gateway.ts";

/** Makes a `fetch` that sends to a test gateway and reads bodies as the server does. */
function fetchOf({ send }: Awaited<ReturnType<typeof testGateway>>): typeof fetch {
  return async (input, init) => {
    const sent = new Request(input as Request, init);
    const headers = Object.fromEntries(sent.headers);
    const text = sent.method === "POST" ? await sent.text() : undefined;
    const converted = request({
      method: sent.method,
      url: sent.url,
      headers,
      ...(text === undefined ? {} : { text }),
    });
    const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    const json = async () => {
      try {
        return JSON.parse(text ?? "");
      } catch (cause) {
        throw new TidegateError("BODY_MALFORMED", undefined, { cause });
      }
    };
    const body = {
      ...converted.body,
      type: text === "" ? undefined : (type ?? "application/octet-stream"),
      json,
    };
    const reply = await send({ ...converted, body });
    return new Response(reply.body as string, {
      status: reply.status,
      headers: reply.headers.map(([name, value]): [string, string] => [name, value]),
    });
  };
}

test("S5.5: all audits of GraphQL over HTTP pass", async () => {
  const fetchFn = fetchOf(await testGateway());
  const results = await Promise.all(
    serverAudits({ url: "http://localhost/graphql", fetchFn }).map((audit) => audit.fn()),
  );
  const failed = results.filter(({ status }) => status !== "ok");
  const must = results.filter(({ name }) => name.startsWith("MUST"));
  console.info(
    `graphql-http: ${results.length} audits, ${results.length - failed.length} ok; MUST: ${must.length}, ${must.filter(({ status }) => status === "ok").length} ok`,
    failed.map(({ name }) => name),
  );
  expect(results).toHaveLength(61);
  expect(failed.filter(({ name }) => name.startsWith("MUST"))).toEqual([]);
  expect(failed).toEqual([]);
});

test.each([
  [undefined, "application/json"],
  ["*/*", "application/json"],
  ["application/json, application/graphql-response+json", "application/graphql-response+json"],
  ["application/json, application/graphql-response+json;q=0.5", "application/json"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"],
  ["text/plain", undefined],
  ["application/json;q=0", undefined],
])("accept %s negotiates %s", (accept, type) => {
  expect(negotiateMediaType(accept)).toBe(type);
});

describe("S5.5: over HTTP", () => {
  test("refuses forms of other pages, mutations with GET, subscriptions and batches", async () => {
    const { send, publish } = await testGateway();
    await publish("player", {
      typeDefs: "extend type Mutation { go: Int } extend type Subscription { went: Int }",
      resolvers: {
        Mutation: { go: { call: "player.go" } },
        Subscription: { went: { subscribe: { events: ["went"] } } },
      },
    });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const reply = await send(
        request({ method: "POST", headers: { "content-type": type }, text: '{"query":"{_version}"}' }),
      );
      expect(reply.status).toBe(415);
    }
    const mutation = await send(request({ url: "/graphql?query=mutation{go}" }));
    expect(mutation.status).toBe(405);
    expect(mutation.headers).toContainEqual(["allow", "POST"]);
    const subscription = await send(request({ method: "POST", json: { query: "subscription { went }" } }));
    expect(subscription.status).toBe(400);
    expect(String(subscription.body)).toContain("graphql-transport-ws");
    expect((await send(request({ method: "POST", json: [{ query: "{ _version }" }] }))).status).toBe(400);
  });

  test("executes a GET request with variables", async () => {
    const { send } = await testGateway();
    const query = encodeURIComponent("query ($id: ID!) { node(id: $id) { id } }");
    const reply = await send(
      request({ url: `/graphql?query=${query}&variables=${encodeURIComponent('{"id":"1"}')}` }),
    );
    expect(reply).toMatchObject({ status: 200, body: '{"data":{"node":null}}' });
  });

  test("a browser gets GraphiQL, and the gateway serves all files of the page", async () => {
    const { send } = await testGateway();
    const page = await send(request({ headers: { accept: "text/html" } }));
    expect(page.headers).toContainEqual(["content-type", "text/html; charset=utf-8"]);
    const names = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].flatMap(([, url]) => url ?? []);
    const files = names.filter((url) => !url.startsWith("data:"));
    expect(files).toHaveLength(5);
    for (const file of files) {
      expect(file).toMatch(/^\/graphql\/assets\/[\w.-]+$/);
      const name = file.split("/").at(-1) ?? "";
      const reply = await send(request({ params: { name } }), "/graphql/assets/:name");
      expect(reply.status).toBe(200);
      expect(String(reply.body).length).toBeGreaterThan(300);
    }
    await expect(send(request({ params: { name: "__proto__" } }), "/graphql/assets/:name")).rejects.toThrow(
      TidegateError,
    );
  });

  test("without GraphiQL a browser gets JSON, and there is no route for its files", async () => {
    const { send, served } = await testGateway({ graphiql: false });
    const reply = await send(request({ url: "/graphql?query={_version}", headers: { accept: "text/html" } }));
    expect(JSON.parse(String(reply.body))).toHaveProperty("data._version");
    expect(served().version.routes.flat()).toHaveLength(3);
  });
});

describe("S5.6: limits", () => {
  const typeDefs = "type Player { id: ID friend: Player } extend type Query { player: Player }";
  const deep = (depth: number): string => (depth === 0 ? "id" : `friend { ${deep(depth - 1)} }`);

  test.each([
    ["depth", `{ player { ${deep(14)} } }`, "too many levels of fields"],
    [
      "depth in fragments",
      `{ player { ...A } } fragment A on Player { ${deep(8)} ...B } fragment B on Player { ${deep(15)} }`,
      "too many levels of fields",
    ],
    [
      "aliases",
      `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: _version`).join(" ")} }`,
      "too many aliases",
    ],
    [
      "aliases in fragments that are spread often",
      `{ player { ...F0 } } ${Array.from({ length: 8 }, (_, n) => `fragment F${n} on Player { a: friend { ...F${n + 1} } b: friend { ...F${n + 1} } }`).join(" ")} fragment F8 on Player { id }`,
      "too many aliases",
    ],
    [
      "directives",
      `{ _version ${"@skip(if: false) ".repeat(1)} ${Array.from({ length: 51 }, () => "... @include(if: true) { _version }").join(" ")} }`,
      "too many directives",
    ],
    ["tokens", `{ ${"_version ".repeat(2_100)} }`, "tokens"],
  ])("%s", async (_, query, message) => {
    const { ask, publish } = await testGateway();
    await publish("player", { typeDefs });
    const answer = (await ask(query)) as { data?: unknown; errors: { message: string }[] };
    expect(answer.data).toBeUndefined();
    expect(answer.errors.map((error) => error.message).join()).toContain(message);
  });

  test("a fragment that spreads itself is invalid", async () => {
    const { ask } = await testGateway();
    expect(await ask("{ ...A } fragment A on Query { ...A }")).toMatchObject({
      errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
    });
  });

  test("without introspection clients cannot query the schema, and messages suggest no names", async () => {
    const { ask } = await testGateway({ introspection: false });
    expect(await ask("{ __schema { types { name } } }")).toHaveProperty("errors");
    expect(JSON.stringify(await ask("{ _versio }"))).not.toContain("_version");
    const open = await testGateway();
    expect(JSON.stringify(await open.ask("{ _versio }"))).toContain("_version");
  });
});

describe("S5.1: provided scalars", () => {
  test("dates and times are checked in arguments and results; JSON drops prototype keys", async () => {
    const { publish, ask, bus } = await testGateway();
    await publish(
      "clock",
      {
        typeDefs: `extend type Query { echo(at: DateTime, day: Date, time: Time, any: JSON): JSON now: DateTime today: Date bad: Date stream: JSON }`,
        resolvers: {
          Query: {
            echo: { call: { action: "clock.echo", params: "@args" } },
            now: { call: "clock.now" },
            today: { call: "clock.now" },
            bad: { call: "clock.bad" },
          },
        },
      },
      { echo: ({ params }) => params, now: () => new Date(0), bad: () => "2026-02-31" },
    );
    const good = { at: "2026-11-21T20:45:00+01:00", day: "2028-02-29", time: "20:45:00" };
    expect(
      await ask(
        `{ echo(at: "${good.at}", day: "${good.day}", time: "${good.time}", any: { a: [1, { b: null }], constructor: 1 }) }`,
      ),
    ).toEqual({
      data: { echo: { ...good, any: { a: [1, { b: null }] } } },
    });
    expect(await ask("{ now today bad }")).toMatchObject({
      data: { now: "1970-01-01T00:00:00.000Z", today: "1970-01-01", bad: null },
      errors: [{ path: ["bad"], extensions: { code: "REPLY_INVALID" } }],
    });
    const before = bus.calls.length;
    expect(await ask("query ($day: Date) { echo(day: $day) }", { day: "2027-02-29" })).toMatchObject({
      errors: [{ extensions: { code: "BAD_USER_INPUT" } }],
    });
    expect(bus.calls).toHaveLength(before);
  });

  test("the options add scalars", async () => {
    const { publish, ask } = await testGateway({
      scalars: { Upper: { output: (value) => String(value).toUpperCase(), input: (value) => `in ${value}` } },
    });
    await publish(
      "player",
      {
        typeDefs: "extend type Query { up(a: Upper!): Upper }",
        resolvers: { Query: { up: { call: { action: "player.up", params: "@args" } } } },
      },
      { up: ({ params }) => (params as { a: string }).a },
    );
    expect(await ask("query ($a: Upper!) { up(a: $a) }", { a: "x" })).toEqual({ data: { up: "IN X" } });
  });
});
