import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isExactNumber } from "../../../src/runtime/params/exact-number.ts";

describe("S3.2 numbers that are kept", () => {
  test.each([
    "0",
    "-0",
    "+1",
    "007",
    ".5",
    "5.",
    "9007199254740991",
    "-9007199254740991.000",
    "0.1",
    "0.10000000000000001",
    "0.1000000000000000055511151231257827",
    "0.30000000000000004",
    "1e21",
    "1E+23",
    "123456.7e-5",
    "4.9e-324",
    "5e-324",
    "2.2250738585072014e-308",
    "1.7976931348623157e308",
    "0e999",
    "0.000000000000000000000000",
  ])("%s", (text) => expect(isExactNumber(text)).toBe(true));

  test.each([
    "9007199254740992",
    "9007199254740993",
    "9007199254740993.0",
    "9007199254740993.5",
    "9007199254740993e0",
    "90071992547409930e-1",
    "100000000000000000000",
    "0.1234567890123456789",
    "3.14159265358979323846",
    "1e309",
    "1e400",
    "-1e400",
    "1e-400",
    "3e-324",
    "1e99999999999999999999",
  ])("not %s", (text) => expect(isExactNumber(text)).toBe(false));

  test.each([
    "",
    ".",
    "-",
    "e5",
    "1e",
    "0x10",
    "1_000",
    " 1",
    "1 ",
    "Infinity",
    "NaN",
    "1.2.3",
    "--1",
    "1,5",
  ])("%j is no number", (text) => expect(isExactNumber(text)).toBe(false));

  test("every double as JavaScript and as C (%.17g) print it, up to 2^53-1 or with an exponent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const isSmall = Math.abs(number) <= Number.MAX_SAFE_INTEGER;
        for (const text of [String(number), number.toPrecision(17)])
          if (isSmall || text.includes("e")) expect(isExactNumber(text), text).toBe(true);
        expect(isExactNumber(number.toExponential())).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("every integer is kept exactly where BigInt and Number agree, up to 2^53-1", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), (integer) => {
        const isKept = Number.isSafeInteger(Number(integer)) && BigInt(Number(integer)) === integer;
        expect(isExactNumber(String(integer))).toBe(isKept);
        expect(isExactNumber(`${integer}.0`)).toBe(isKept);
      }),
    );
  });
});
