import { expect, test } from "vitest";
import { startSystem, timeoutMs } from "./service-system.ts";

// The operations and definitions of which the answers were wrong in use, sent by a real client to services in
// processes of their own (S5.9, S10.1).

const slow = { timeout: 4 * timeoutMs };
const shown = '{ transporter: "TCP" }';

/** The source of a service whose actions print the calls that they receive. */
const serviceOf = (name: string, typeDefs: string, resolvers: object = {}): string => `
  import { preset, tidegate } from "@tidegate/service-moleculer";
  import { ServiceBroker } from "moleculer";
  const api = ${JSON.stringify({ protocol: { GraphQL: { typeDefs, resolvers } } })};
  const answer = ({ action, params }) => {
    console.log("called " + action.rawName + " " + JSON.stringify(params));
    return params;
  };
  const broker = new ServiceBroker(preset({ ...{ transporter: "TCP" }, logLevel: "warn" }));
  broker.createService({
    name: "${name}",
    mixins: [tidegate({ api, revision: 1 })],
    actions: {
      echo: answer,
      remove: { handler: (context) => { answer(context); return true; } },
      update: { handler: (context) => { answer(context); return true; } },
    },
  });
  await broker.start();
`;

const zoo = serviceOf(
  "zoo",
  `
    extend type Query {
      hello(params: Pair): JSON
      j(j: JSON): JSON
      pick(key: Key): JSON
    }
    extend type Mutation { storage: Storage! }
    type Storage { delete(id: ID!): Boolean update(id: ID!): Boolean }
    input Pair { id1: ID id2: ID size: Int = 3 }
    input Key @oneOf { id: ID name: String }
  `,
  {
    Query: Object.fromEntries(
      ["hello", "j", "pick"].map((field) => [field, { call: { action: "zoo.echo", params: "@args" } }]),
    ),
    Mutation: { storage: "() => ({})" },
    Storage: {
      delete: { call: { action: "zoo.remove", params: { id: "@args.id" } } },
      update: { call: { action: "zoo.update", params: { id: "@args.id" } } },
    },
  },
);

async function execute(url: string, query: string, variables: object = {}): Promise<unknown> {
  const reply = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return reply.json();
}

test("S5.9: directives and variables inside of literals mean what graphql-js means", slow, async () => {
  const { url, run, mounted } = await startSystem(["zoo"]);
  const printed = await run("zoo", zoo, shown);
  await mounted("master zoo");
  const callsOf = () => printed.items.filter((line) => line.startsWith("called "));

  // A condition of one field is not that of its repetition.
  const skipping = `mutation ($f: Boolean!) {
    storage @skip(if: $f) { ... { delete(id: 1) } }
    storage { update(id: 2) }
  }`;
  expect(await execute(url, skipping, { f: true })).toEqual({ data: { storage: { update: true } } });
  await printed.waitFor((line) => line === 'called update {"id":"2"}', timeoutMs);
  expect(callsOf()).toEqual(['called update {"id":"2"}']);
  expect(await execute(url, skipping, { f: false })).toEqual({
    data: { storage: { delete: true, update: true } },
  });
  const including = `query ($f: Boolean!) {
    ...One @include(if: $f)
    hello(params: { id1: "a" })
  }
  fragment One on Query { hello(params: { id1: "a" }) pick(key: { id: "1" }) }`;
  expect(await execute(url, including, { f: false })).toEqual({
    data: { hello: { params: { id1: "a", size: 3 } } },
  });

  // A variable without a value is absent in an object; defaults of input fields are kept.
  const pair = "query ($a: ID, $b: ID) { hello(params: { id1: $a, id2: $b }) }";
  expect(await execute(url, pair, { a: "1" })).toEqual({
    data: { hello: { params: { id1: "1", size: 3 } } },
  });
  expect(await execute(url, pair, { a: "1", b: null })).toEqual({
    data: { hello: { params: { id1: "1", id2: null, size: 3 } } },
  });
  expect(await execute(url, "query ($v: JSON) { j(j: [$v, { deep: $v }]) }", { v: { x: 1 } })).toEqual({
    data: { j: { j: [{ x: 1 }, { deep: { x: 1 } }] } },
  });
  expect(await execute(url, "query ($p: Pair) { hello(params: $p) }", { p: { id2: "2" } })).toEqual({
    data: { hello: { params: { id2: "2", size: 3 } } },
  });
  expect(await execute(url, "query ($n: String!) { pick(key: { name: $n }) }", { n: "Ann" })).toEqual({
    data: { pick: { key: { name: "Ann" } } },
  });
  for (const [query, variables, part] of [
    ['{ pick(key: { id: "1", name: "Ann" }) }', {}, "exactly one"],
    ["query ($k: Key) { pick(key: $k) }", { k: { id: "1", name: "Ann" } }, "xactly one"],
    ["query ($f: Boolean) { j(j: 1) @include(if: $f) }", { f: true }, "Boolean!"],
    ["query ($f: Boolean = true) { j(j: 1) @include(if: $f) }", { f: null }, "$f"],
  ] as const) {
    const answer = await execute(url, query, variables);
    expect(answer).toMatchObject({ errors: [{ message: expect.stringContaining(part) }] });
  }
});

test("S10.1: a fragment of which no schema can be made is refused; all others are served", slow, async () => {
  const odd: Readonly<Record<string, string>> = {
    reason: "extend type Query { a: Int @deprecated(reason: 5) }",
    output: "type G { x: Int } extend type Query { b(x: G = {}): Int }",
    repeated: "extend type Query { c: Int @deprecated @deprecated }",
    scalar: "extend type Query { d(at: Boolean = [1]): Int }",
    circle: "input C { c: C! } extend type Query { e(c: C): Int }",
  };
  const names = Object.keys(odd);
  const { url, run, mounted } = await startSystem([...names, "zoo", "late"]);
  // The odd ones are there before anything else: a gateway that starts with them serves the others.
  const printed = new Map(
    await Promise.all(
      names.map(async (name) => [name, await run(name, serviceOf(name, odd[name] ?? ""), shown)] as const),
    ),
  );
  for (const name of names) {
    await printed
      .get(name)
      ?.waitFor((line) => /error GRAPHQL_\w+ at protocol.GraphQL.typeDefs:1:\d+/.test(line), timeoutMs);
  }
  await run("zoo", zoo, shown);
  await mounted("master zoo");
  expect(await execute(url, '{ j(j: "x") }')).toEqual({ data: { j: { j: "x" } } });
  const late = serviceOf("late", "extend type Query { late: JSON }", {
    Query: { late: { call: "late.echo" } },
  });
  await run("late", late, shown);
  await mounted("master late");
  expect(await execute(url, '{ late j(j: "x") }')).toEqual({ data: { late: {}, j: { j: "x" } } });
});
