import fc from "fast-check";
import { expect, test } from "vitest";
import type { Claim } from "../../../src/contracts/protocol.ts";
import { ClaimTable } from "../../../src/registry/claims/claim-table.ts";
import { settleWaiting } from "../../../src/registry/claims/waiting.ts";
import { createYield } from "../../../src/runtime/yield.ts";
import { fragmentOf } from "../fragments.ts";

const claim = (key: string, ...needs: (string | readonly string[])[]): Claim => ({
  key,
  jsonPath: key,
  needs,
});
const yieldToEventLoop = createYield();

interface Held {
  readonly service: string;
  readonly claims: readonly Claim[];
}

async function placed(base: ClaimTable, ...services: Held[]): Promise<ClaimTable> {
  const board = new ClaimTable(base);
  for (const { service, claims } of services) board.assign(fragmentOf({ service, claims }));
  await settleWaiting(board, base, yieldToEventLoop);
  return board;
}

const waitingOf = (board: ClaimTable): Record<string, string[]> =>
  Object.fromEntries(
    board
      .servicesWaiting()
      .map((service) => [service, [...board.waitingKeys(service)].map((key) => key.slice(2)).sort()]),
  );

test("S5.8: definitions that need each other stay together", async () => {
  const board = await placed(
    new ClaimTable(),
    { service: "a", claims: [claim("type A", "type B")] },
    { service: "b", claims: [claim("type B", "type A")] },
  );
  expect(waitingOf(board)).toEqual({});
});

test("S5.8: only a definition with a missing type waits, and those that need it", async () => {
  const board = await placed(
    new ClaimTable(),
    {
      service: "a",
      claims: [
        claim("type A", ["field A.x", "field A.y"]),
        claim("field A.x", "type Gone"),
        claim("field A.y", "type B"),
      ],
    },
    {
      service: "b",
      claims: [claim("type B", ["field B.z"]), claim("field B.z", "type Gone"), claim("field Query.b")],
    },
  );
  expect(waitingOf(board)).toEqual({ a: ["field A.x", "field A.y", "type A"], b: ["field B.z", "type B"] });
});

/** The plain way: all claims, less those whose needs are open, until nothing changes. */
function plainly(services: readonly Held[]): Record<string, string[]> {
  let held = services.flatMap(({ service, claims }) => claims.map((one) => ({ service, claim: one })));
  const isMet = ({ needs = [] }: Claim): boolean =>
    needs.every((need) =>
      (typeof need === "string" ? [need] : need).some((key) => held.some((one) => one.claim.key === key)),
    );
  for (let before = -1; before !== held.length; ) {
    before = held.length;
    held = held.filter((one) => isMet(one.claim));
  }
  const waiting: Record<string, string[]> = {};
  for (const { service, claims } of services) {
    const keys = claims
      .filter((one) => !held.some((other) => other.service === service && other.claim === one))
      .map(({ key }) => key);
    if (keys.length > 0) waiting[service] = [...new Set(keys)].sort();
  }
  return waiting;
}

const keys = fc.constantFrom("k1", "k2", "k3", "k4", "k5");
const need = fc.oneof(
  fc.constantFrom("k1", "k2", "k3", "k4", "k5", "missing"),
  fc.array(keys, { minLength: 1, maxLength: 2 }),
);
const held: fc.Arbitrary<Held> = fc.record({
  service: fc.constantFrom("a", "b", "c", "d"),
  claims: fc.uniqueArray(
    fc.tuple(keys, fc.array(need, { maxLength: 2 })).map(([key, needs]) => claim(key, ...needs)),
    { selector: ({ key }) => key, maxLength: 3 },
  ),
});

test("S5.8: after any number of changes the same claims wait as in a merge from nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(held, fc.boolean()), { maxLength: 8 }), async (changes) => {
      const base = new ClaimTable();
      const there = new Map<string, Held>();
      for (const [change, goes] of changes) {
        const board = new ClaimTable(base);
        if (goes) {
          there.delete(change.service);
          board.unassign(change.service);
        } else {
          there.set(change.service, change);
          board.assign(fragmentOf(change));
        }
        await settleWaiting(board, base, yieldToEventLoop);
        expect(waitingOf(board)).toEqual(plainly([...there.values()]));
        board.commit(base.directory);
        expect(waitingOf(base)).toEqual(plainly([...there.values()]));
      }
    }),
  );
});
