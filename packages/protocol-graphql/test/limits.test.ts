import { describe, expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const many = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(" ");

type Excess = readonly [what: string, typeDefs: string, code: string, expected: string, found: string];

const excesses: readonly Excess[] = [
  [
    "60,000 fields in a type",
    `type T { ${many(60_000, (at) => `f${at}: Int`)} }`,
    "GRAPHQL_TOO_MANY_FIELDS",
    "at most 1000",
    "60000",
  ],
  [
    "an enum of 100,000 values",
    `enum E { ${many(100_000, (at) => `V${at}`)} }`,
    "GRAPHQL_TOO_MANY_VALUES",
    "at most 1000",
    "100000",
  ],
  [
    "20,000 waiting fields of one type",
    `type T { ${many(20_000, (at) => `f${at}: Missing${at}`)} }`,
    "GRAPHQL_TOO_MANY_FIELDS",
    "at most 1000",
    "20000",
  ],
  [
    "1,200 waiting fields of many types",
    many(40, (type) => `type T${type} { id: ID ${many(30, (at) => `f${at}: Missing${at}`)} }`),
    "GRAPHQL_TOO_MANY_WAITING",
    "at most 1000",
    "1200",
  ],
  [
    "1,001 fields in extensions",
    many(1_001, (at) => `extend type Query { f${at}: Int }`),
    "GRAPHQL_TOO_MANY_FIELDS",
    "at most 1000",
    "1001",
  ],
  [
    "1,001 fields of an input type",
    `input I { ${many(1_001, (at) => `f${at}: Int`)} }`,
    "GRAPHQL_TOO_MANY_FIELDS",
    "at most 1000",
    "1001",
  ],
  [
    "101 arguments",
    `extend type Query { a(${many(101, (at) => `a${at}: Int`)}): Int }`,
    "GRAPHQL_TOO_MANY_ARGUMENTS",
    "at most 100",
    "101",
  ],
  [
    "501 members of a union",
    `union U = ${Array.from({ length: 501 }, (_, at) => `T${at}`).join(" | ")}`,
    "GRAPHQL_TOO_MANY_MEMBERS",
    "at most 500",
    "501",
  ],
  [
    "501 interfaces of a type",
    `type T implements ${Array.from({ length: 501 }, (_, at) => `I${at}`).join(" & ")} { a: Int }`,
    "GRAPHQL_TOO_MANY_MEMBERS",
    "at most 500",
    "501",
  ],
  [
    "40,000 directives",
    `extend type Query { a: Int ${many(40_000, () => "@deprecated")} }`,
    "GRAPHQL_TOO_MANY_DEFINITIONS",
    "at most 5000",
    "40002",
  ],
  [
    "a default value of 50,000 items",
    `extend type Query { a(x: [Int] = [${many(50_000, () => "1")}]): Int }`,
    "GRAPHQL_TOO_MANY_DEFINITIONS",
    "at most 5000",
    "50003",
  ],
  [
    "30,000 scalars",
    many(30_000, (at) => `scalar S${at}`),
    "GRAPHQL_TOO_MANY_DEFINITIONS",
    "at most 5000",
    "30000",
  ],
];

describe("S5.6: a fragment over a limit is refused with a finding that names the limit", () => {
  test.each(excesses)("%s", async (_, typeDefs, code, expected, found) => {
    const { publish, findings, ask } = await testGateway();
    await publish("large", { typeDefs });
    expect(findings("large")).toMatchObject([{ severity: "error", code, expected, found }]);
    await publish("other", { typeDefs: "extend type Query { other: Int }" });
    expect(await ask("{ other }")).toEqual({ data: { other: null } });
  });

  test("typeDefs that are too long to be parsed", async () => {
    const { publish, findings } = await testGateway();
    await publish("large", { typeDefs: `type T { ${many(70_000, (at) => `f${at}: Int`)} }` });
    expect(findings("large")).toMatchObject([
      { code: "GRAPHQL_TOO_LARGE", expected: expect.stringContaining("200000 tokens") },
    ]);
  });

  test("each limit is an option", async () => {
    const options = {
      maxFields: 2,
      maxValues: 2,
      maxArguments: 1,
      maxMembers: 1,
      maxDefinitions: 40,
      maxWaiting: 1,
    };
    const { publish, findings } = await testGateway(options);
    await publish("all", {
      typeDefs: `type T implements I & J { a: Int b(x: Int, y: Int): Int c: Int } enum E { A B C }
        interface I { a: Int } interface J { a: Int } union U = T | V type V { a: Int }`,
    });
    expect(findings("all").map(({ code, line, expected }) => [code, line, expected])).toEqual([
      ["GRAPHQL_TOO_MANY_FIELDS", 1, "at most 2"],
      ["GRAPHQL_TOO_MANY_MEMBERS", 1, "at most 1"],
      ["GRAPHQL_TOO_MANY_ARGUMENTS", 1, "at most 1"],
      ["GRAPHQL_TOO_MANY_VALUES", 1, "at most 2"],
      ["GRAPHQL_TOO_MANY_MEMBERS", 2, "at most 1"],
    ]);
    await publish("wait", { typeDefs: "type W { b: Missing c: Other }" });
    expect(findings("wait")).toMatchObject([{ code: "GRAPHQL_TOO_MANY_WAITING", line: 1, found: "2" }]);
  });
});

describe("S5.6: default values that multiply", () => {
  const levels = (count: number, from = 0): string =>
    many(count, (at) => {
      const next = `I${from + at + 1}`;
      return `input I${from + at} { a: ${next} = {} b: ${next} = {} }`;
    });

  test("are refused in one fragment", async () => {
    const { publish, findings } = await testGateway();
    const typeDefs = `${levels(30)} input I30 { c: Int = 1 } extend type Query { x(i: I0 = {}): Int }`;
    await publish("bomb", { typeDefs });
    const [error] = findings("bomb").filter(({ severity }) => severity === "error");
    expect(error).toMatchObject({ code: "GRAPHQL_INVALID", line: 1 });
    expect(error?.message).toContain("has too many values: at most 10000 are allowed.");
  });

  test("are refused across fragments: the last one, which makes them too large", async () => {
    const { publish, findings, ask } = await testGateway();
    await publish("one", { typeDefs: `${levels(8)} extend type Query { x(i: I0 = {}): Int y: Int }` });
    await publish("two", { typeDefs: `${levels(8, 8)} input I16 { c: Int = 1 }` });
    expect(findings("two")).toMatchObject([{ code: "GRAPHQL_INVALID", line: 1 }]);
    expect(await ask("{ y }")).toEqual({ data: { y: null } });
  });

  test("are accepted within the limit", async () => {
    const { publish, findings } = await testGateway();
    await publish("small", {
      typeDefs: `${levels(10)} input I10 { c: Int = 1 } extend type Query { x(i: I0 = {}): Int }`,
      resolvers: { Query: { x: { call: "small.x" } } },
    });
    expect(findings("small").filter(({ severity }) => severity === "error")).toEqual([]);
  });
});

/** Measures the longest turn of the event loop, in milliseconds of this thread's CPU time. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  const cpu = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let [last, longest, isDone] = [cpu(), 0, false];
  const turn = (): void => {
    const now = cpu();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isDone = true;
  return longest;
}

/** Fragments just within the limits, each large in another way. */
const largest: readonly [what: string, typeDefs: string][] = [
  ["fields", many(5, (type) => `type T${type} { ${many(950, (at) => `f${at}: T${type}`)} }`)],
  [
    "arguments",
    `extend type Query { ${many(45, (at) => `a${at}(${many(99, (arg) => `a${arg}: Int = 3`)}): Int`)} }`,
  ],
  ["values", many(5, (type) => `enum E${type} { ${many(950, (at) => `V${at}`)} }`)],
  ["waiting", many(4, (type) => `type T${type} { id: ID ${many(240, (at) => `f${at}: Missing${at}`)} }`)],
  ["faults", `extend type Query { ${many(900, (at) => `f${at}(a: Int = "x"): Int`)} }`],
];

describe("S9.6: no step of a large fragment blocks the event loop for long", () => {
  // The aim is 40 ms. The first turns of a process are slower, and a loaded machine takes twice the CPU time.
  test.each([...largest, ...excesses.map(([what, typeDefs]) => [what, typeDefs] as const)])(
    "%s",
    async (_, typeDefs) => {
      const { publish } = await testGateway();
      await publish("before", { typeDefs: "type Before { a: Int } extend type Query { before: Before }" });
      expect(await longestTurn(() => publish("large", { typeDefs }))).toBeLessThan(200);
      const later = { typeDefs: "type Later { a: Int } extend type Query { later: Later }" };
      expect(await longestTurn(() => publish("later", later))).toBeLessThan(100);
    },
  );
});
