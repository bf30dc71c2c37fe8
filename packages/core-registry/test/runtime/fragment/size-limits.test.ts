import { expect, test } from "vitest";
import {
  boundedHash,
  boundsFinding,
  deepestFragment,
  longestFragment,
} from "../../../src/runtime/fragment/size-limits.ts";

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { a: [value] };
  return value;
}

test("what people write is within the bounds, and so is whatever is no object", () => {
  expect(boundsFinding({ protocol: { REST: { routes: [{ path: "/" }] } } })).toBeUndefined();
  for (const raw of [null, undefined, 5, "text", true, nested(deepestFragment / 2)])
    expect(boundsFinding(raw)).toBeUndefined();
});

test("what is too deep is refused before it is read: also what holds itself, and what no stack could hold", () => {
  const endless: { self?: unknown } = {};
  endless.self = endless;
  for (const raw of [nested(deepestFragment / 2 + 1), nested(100_000), endless])
    expect(boundsFinding(raw)?.code).toBe("FRAGMENT_TOO_DEEP");
});

test("what is too large is refused: one text, many members, and one value that stands in very many places", () => {
  let doubled: unknown = "0123456789";
  for (let round = 0; round < 40; round++) doubled = [doubled, doubled];
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`member${at}`, at]));
  for (const raw of ["x".repeat(longestFragment + 1), many, doubled])
    expect(boundsFinding(raw)?.code).toBe("FRAGMENT_TOO_LARGE");
});

test("two of them are told apart, and the same one is the same again", () => {
  const one = nested(10_000);
  expect(boundedHash(one)).toBe(boundedHash(nested(10_000)));
  expect(boundedHash({ a: one })).not.toBe(boundedHash({ b: one }));
});
