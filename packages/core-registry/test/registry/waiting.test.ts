import fc from "fast-check";
import { expect, test } from "vitest";
import { waitingClaims } from "../../src/registry/waiting.ts";

const claim = (key: string, ...needs: (string | readonly string[])[]) => ({ key, jsonPath: key, needs });

test("S5.8: definitions that need each other stay together", () => {
  const waiting = waitingClaims([
    { service: "a", claims: [claim("type A", "type B")] },
    { service: "b", claims: [claim("type B", "type A")] },
  ]);
  expect(waiting.size).toBe(0);
});

test("S5.8: what names a missing type waits, and what names that one too, and nothing else", () => {
  const waiting = waitingClaims([
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
  ]);
  expect(waiting).toEqual(
    new Map([
      ["a", new Set(["field A.x", "field A.y", "type A"])],
      ["b", new Set(["field B.z", "type B"])],
    ]),
  );
});

test("S5.8: what is left needs nothing that is missing, and no more was taken out than had to be", () => {
  const key = fc.constantFrom("a", "b", "c", "d", "e");
  const claims = fc.uniqueArray(
    fc.record({
      key,
      needs: fc.array(fc.constantFrom("a", "b", "c", "d", "e", "missing"), { maxLength: 2 }),
    }),
    {
      selector: (one) => one.key,
    },
  );
  fc.assert(
    fc.property(claims, (all) => {
      const waiting =
        waitingClaims([{ service: "s", claims: all.map((one) => ({ ...one, jsonPath: one.key })) }]).get(
          "s",
        ) ?? new Set();
      const held = new Set<string>(all.map((one) => one.key).filter((one) => !waiting.has(one)));
      for (const one of all) {
        if (held.has(one.key)) expect(one.needs.every((need) => held.has(need))).toBe(true);
      }
      // Largest such set: adding everything that waits back would leave at least one need open.
      const reach = new Set<string>(held);
      for (const one of all) if (waiting.has(one.key)) reach.add(one.key);
      if (waiting.size > 0)
        expect(all.some((one) => waiting.has(one.key) && !one.needs.every((need) => reach.has(need)))).toBe(
          true,
        );
    }),
  );
});
