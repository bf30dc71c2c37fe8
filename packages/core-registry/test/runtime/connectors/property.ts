import fc from "fast-check";

export { fc };

/** Holds for 300 values, the same ones each time. */
export function propertyOf<Value>(values: fc.Arbitrary<Value>, holds: (value: Value) => void): void {
  fc.assert(fc.property(values, holds), { numRuns: 300, seed: 20261121 });
}
