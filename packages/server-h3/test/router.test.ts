import type { HttpRoute, Method, Route } from "@tidegate/core-registry";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allMethods, createRouters, createSocketRouters } from "../src/router.ts";
import { json, route } from "./fixture.ts";
import { referenceRouter } from "./reference-router.ts";
import { echo, socketRoute } from "./socket-fixture.ts";

type Slice = readonly HttpRoute[];

const statics = ["a", "b", "c", "v1.2", "a+b", "%2a", "é", "1"];
const inner = ["x?", "x", "y", "z?", "x(\\d+)", "x(\\d+)?", "y([a-c]+)", "z(a[0-9]*)"];
const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...statics) },
  { weight: 2, arbitrary: fc.constantFrom(...inner).map((name) => `:${name}`) },
);
const pattern = fc
  .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom("", "", "", "/*rest", "/**"))
  .map(([segments, end]) => `/${segments.join("/")}${end}`.replace("//", "/"));
const method = fc.constantFrom<Method>("GET", "POST");
const slice: fc.Arbitrary<Slice> = fc.array(
  fc.tuple(method, pattern).map(([verb, path]) => route(verb, path, () => json(path))),
  { maxLength: 6 },
);
const asked = fc
  .array(fc.constantFrom("a", "b", "c", "v1.2", "a+b", "*", "%C3%A9", "1", "12", "a1", "x%2Fy"), {
    maxLength: 5,
  })
  .map((segments) => `/${segments.join("/")}`);

/** Routes of a service, alternately with a static path and with a parameter. */
function service(name: string, count = 10): Slice {
  return Array.from({ length: count }, (_, at) =>
    route("GET", `/${name}/thing${at}${at % 2 === 0 ? "" : "/:id"}`, () => json(at)),
  );
}

function unexpected(_route: Route, problem: string): void {
  expect.unreachable(problem);
}

function finish(steps: Iterator<void>): number {
  let count = 0;
  while (steps.next().done !== true) count += 1;
  return count;
}

describe("S4.2 the router of a version", () => {
  test("answers as one rou3 router of all its routes, for any slices and any previous versions", () => {
    fc.assert(
      fc.property(
        fc.array(slice, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(5), slice, fc.boolean(), fc.constantFrom("with", "without", "and")), {
          maxLength: 4,
        }),
        fc.array(asked, { minLength: 1, maxLength: 20 }),
        (first, changes, paths) => {
          const invalid = new Set<Route>();
          const routerOf = createRouters({ onInvalidRoute: (one) => invalid.add(one) });
          let slices: readonly Slice[] = first;
          for (const [at, changed, prepared, how] of [
            [0, first[0] ?? [], false, "with"] as const,
            ...changes,
          ]) {
            const index = at % Math.max(1, slices.length);
            slices = slices.toSpliced(index, how === "and" ? 0 : 1, ...(how === "without" ? [] : [changed]));
            const router = routerOf({ routes: slices });
            if (prepared) finish(router.prepare());
            finish(router.prepare());
            const reference = referenceRouter(slices.flat().filter((one) => !invalid.has(one)));
            const answers = paths.flatMap((path) =>
              ["GET", "POST", "PUT"].map((verb) => [router.find(verb, path), reference(verb, path)] as const),
            );
            expect(answers.map(([found]) => found && { ...found, params: { ...found.params } })).toEqual(
              answers.map(([, expected]) => expected),
            );
            expect(answers.every(([found, expected]) => found?.route === expected?.route)).toBe(true);
            for (const path of paths) {
              expect(router.find("HEAD", path)?.route).toBe(router.find("GET", path)?.route);
              const methods = allMethods.filter((verb) => reference(verb, path) !== undefined);
              expect(router.methods(path).join()).toBe(methods.join());
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test("shares nodes with the routers of other versions that have the same slices (S9.4)", () => {
    const built: number[] = [];
    const routerOf = createRouters({
      onInvalidRoute: unexpected,
      onNodeBuilt: (slices) => built.push(slices),
    });
    const slices = Array.from({ length: 1000 }, (_, at) => service(`service${at}`));
    finish(routerOf({ routes: slices }).prepare());
    const cold = built.length;
    expect(cold).toBeGreaterThan(10_000);

    built.length = 0;
    const changed = routerOf({ routes: slices.with(500, service("service500")) });
    finish(changed.prepare());
    // The root, from the two groups that differ; below it the new service: itself, ten things, five
    // parameters.
    expect(built).toEqual([2, ...Array.from({ length: 16 }, () => 1)]);

    built.length = 0;
    finish(routerOf({ routes: slices.toSpliced(3, 1) }).prepare());
    expect(built).toEqual([1 + 2]);
    expect(changed.find("GET", "/service500/thing1/x")?.params).toEqual({ id: "x" });
  });

  test("shares nodes below a prefix that all services have in common", () => {
    const built: number[] = [];
    const routerOf = createRouters({
      onInvalidRoute: unexpected,
      onNodeBuilt: (slices) => built.push(slices),
    });
    const slices = Array.from({ length: 100 }, (_, at) => service(`api/:tenant/service${at}`, 2));
    finish(routerOf({ routes: slices }).prepare());
    built.length = 0;
    const router = routerOf({ routes: slices.with(7, service("api/:tenant/service7", 2)) });
    finish(router.prepare());
    expect(built).toEqual([2, 100, 100, 1, 1, 1, 1]);
    expect(router.find("GET", "/api/x/service7/thing1/y")?.params).toEqual({ tenant: "x", id: "y" });
  });

  test("builds only the nodes that a lookup needs", () => {
    const built: number[] = [];
    const routerOf = createRouters({
      onInvalidRoute: unexpected,
      onNodeBuilt: (slices) => built.push(slices),
    });
    const router = routerOf({ routes: Array.from({ length: 50 }, (_, at) => service(`service${at}`)) });
    expect(built).toEqual([]);
    expect(router.find("GET", "/service7/thing0")?.route.path).toBe("/service7/thing0");
    expect(built).toEqual([50, 1, 1]);
    expect(router.find("GET", "/service7/thing0/more")).toBeUndefined();
    expect(built).toEqual([50, 1, 1]);
  });

  test("is prepared in small steps, and only once", () => {
    const routerOf = createRouters({ onInvalidRoute: unexpected });
    const version = { routes: Array.from({ length: 50 }, (_, at) => service(`service${at}`)) };
    expect(finish(routerOf(version).prepare())).toBe(50 + 1 + 50 * 16);
    expect(finish(routerOf(version).prepare())).toBe(0);
  });

  test("leaves out an invalid route, and reports it once for all versions", () => {
    const invalid: string[] = [];
    const routerOf = createRouters({
      onInvalidRoute: ({ path }, problem) => invalid.push(`${path}: ${problem}`),
    });
    const paths = ["/:__proto__", "/a/:x/:x", "no slash", "/a/:x(", "/a/./b", "/good"];
    const bad = paths.map((path) => route("GET", path, () => json(path)));
    for (const more of [[], service("one"), service("two")])
      expect(routerOf({ routes: [bad, more] }).find("GET", "/good")?.route.path).toBe("/good");
    expect(invalid.map((line) => line.split(":").at(-2))).toHaveLength(paths.length - 1);
  });
});

describe("S6.1 the router of a version's WebSocket routes", () => {
  test("finds routes by path and by key beside HTTP routes of the same path, and shares nodes", () => {
    const built: number[] = [];
    const routersOf = createSocketRouters({
      onInvalidRoute: unexpected,
      onNodeBuilt: (slices) => built.push(slices),
    });
    const chat = socketRoute("/chat/:room", echo);
    const http = route("GET", "/chat/:room", () => json(1));
    const first = routersOf({ routes: [[http, chat], service("one")] });
    finish(first.prepare());
    expect(first.find("/chat/blue")).toEqual({ route: chat, params: { room: "blue" } });
    expect(first.find("/one/thing0")).toBeUndefined();
    expect([first.findByKey("WS /chat/:"), first.findByKey("WS /other")]).toEqual([chat, undefined]);
    const count = built.length;
    const other = [socketRoute("/other", echo)];
    const second = routersOf({ routes: [[http, chat], other] });
    expect(second.findByKey("WS /other")).toBe(other[0]);
    const shared = [http, chat];
    finish(routersOf({ routes: [shared] }).prepare());
    built.length = 0;
    finish(routersOf({ routes: [shared, other] }).prepare());
    expect([count, built]).toEqual([3, [1, 1]]);
  });
});
