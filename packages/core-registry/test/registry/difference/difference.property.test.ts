import fc from "fast-check";
import { expect, test } from "vitest";
import type { FragmentRule } from "../../../src/contracts/fragment.ts";
import { difference } from "../../../src/registry/difference/difference.ts";
import { players, type RouteInput } from "./cases.ts";
import { type Fragments, plugins, versionOf } from "./kit.ts";

/**
 * One service: its routes, by path the number of the action that they call, and its rules, by action the
 * scopes.
 */
interface ServiceInput {
  readonly routes: Readonly<Record<string, number>>;
  readonly rules: Readonly<Record<string, readonly string[]>>;
}
type Inputs = Readonly<Record<"one" | "two", ServiceInput>>;

const serviceInput = (paths: readonly string[]): fc.Arbitrary<ServiceInput> =>
  fc.record({
    routes: fc.dictionary(fc.constantFrom(...paths), fc.integer({ min: 0, max: 2 })),
    rules: fc.dictionary(
      fc.constantFrom("player.0", "player.1", "player.2"),
      fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
    ),
  });
const inputs: fc.Arbitrary<Inputs> = fc.record({
  one: serviceInput(["/a", "/b/:id"]),
  two: serviceInput(["/c", "/d/:id"]),
});

const fragmentsOf = (all: Inputs): Fragments =>
  Object.fromEntries(
    Object.entries(all).map(([service, { routes, rules }]) => [
      service,
      players(
        Object.entries(routes).map(
          ([path, action]): RouteInput => ({ path, call: { action: `player.${action}` } }),
        ),
        {
          call: Object.entries(rules).map(([action, scope]): FragmentRule => ({ actions: [action], scope })),
        },
      ),
    ]),
  );

const holds = (property: (before: Inputs, after: Inputs) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(inputs, inputs, property), { numRuns: 200, seed: 20261122 });

test("S9.4: a version does not differ from the same version compiled again", async () => {
  await holds(async (before) => {
    const fragments = fragmentsOf(before);
    expect(difference(await versionOf(fragments), await versionOf(fragments), plugins)).toEqual([]);
  });
});

test("S10: endpoints that are added one way are removed the other way", async () => {
  await holds(async (one, other) => {
    const [before, after] = [await versionOf(fragmentsOf(one)), await versionOf(fragmentsOf(other))];
    const labels = (changes: ReturnType<typeof difference>, kind: "added" | "removed") =>
      changes.flatMap((change) => (change.kind === kind ? [change.label] : [])).sort();
    const there = difference(before, after, plugins);
    const back = difference(after, before, plugins);
    expect(labels(there, "added")).toEqual(labels(back, "removed"));
    expect(labels(there, "removed")).toEqual(labels(back, "added"));
    expect(there.every(({ kind, level }) => kind !== "removed" || level === "breaking")).toBe(true);
  });
});

test("S7: access that becomes public, wider or unclear is dangerous, and nothing else", async () => {
  await holds(async (one, other) => {
    const changes = difference(
      await versionOf(fragmentsOf(one)),
      await versionOf(fragmentsOf(other)),
      plugins,
    );
    const access = new Map(changes.flatMap((c) => (c.plugin === "scope" ? [[c.label, c.level]] : [])));
    for (const service of ["one", "two"] as const) {
      const [before, after] = [one[service], other[service]];
      for (const [path, action] of Object.entries(after.routes)) {
        const old = before.routes[path];
        if (old === undefined) continue;
        const level = expected(before.rules[`player.${old}`], after.rules[`player.${action}`]);
        expect(access.get(`GET /players${path}`), `${service} ${path}`).toBe(level);
      }
    }
  });
});

// Without scopes the action is public. One of several scopes is sufficient.
function expected(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): "dangerous" | "breaking" | undefined {
  if (before === undefined) return after === undefined ? undefined : "breaking";
  if (after === undefined) return "dangerous";
  const [was, is] = [new Set(before), new Set(after)];
  if (was.symmetricDifference(is).size === 0) return undefined;
  return is.isSubsetOf(was) ? "breaking" : "dangerous";
}
