import { expect, test } from "vitest";
import {
  maxFragmentDepth,
  maxFragmentLength,
  prefixHash,
  sizeFinding,
} from "../../../src/runtime/fragment/size-limits.ts";

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { a: [value] };
  return value;
}

test("normal fragments are within the limits, and so is every value that is not an object", () => {
  expect(sizeFinding({ protocol: { REST: { routes: [{ path: "/" }] } } })).toBeUndefined();
  for (const raw of [null, undefined, 5, "text", true, nested(maxFragmentDepth / 2)])
    expect(sizeFinding(raw)).toBeUndefined();
});

test("refuses deep values before reading them, also cyclic ones and stack overflows", () => {
  const endless: { self?: unknown } = {};
  endless.self = endless;
  for (const raw of [nested(maxFragmentDepth / 2 + 1), nested(100_000), endless])
    expect(sizeFinding(raw)?.code).toBe("FRAGMENT_TOO_DEEP");
});

test("large values are refused: one text, many members, and one value in very many places", () => {
  let doubled: unknown = "0123456789";
  for (let round = 0; round < 40; round++) doubled = [doubled, doubled];
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`member${at}`, at]));
  for (const raw of ["x".repeat(maxFragmentLength + 1), many, doubled])
    expect(sizeFinding(raw)?.code).toBe("FRAGMENT_TOO_LARGE");
});

test("different values have different hashes, equal values have equal ones", () => {
  const one = nested(10_000);
  expect(prefixHash(one)).toBe(prefixHash(nested(10_000)));
  expect(prefixHash({ a: one })).not.toBe(prefixHash({ b: one }));
});
