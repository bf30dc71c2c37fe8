import { describe, expect, it, vi } from "vitest";
import { attachedValue, memoize } from "../../src/runtime/memoize.ts";

describe("attachedValue", () => {
  it("keeps something of an object, out of sight of whoever looks at it", () => {
    const notes = attachedValue<object, string>();
    const key = { a: 1 };
    notes.set(key, "one");
    notes.set(key, "two");
    expect(notes.get(key)).toBe("two");
    expect({ ...key }).toStrictEqual({ a: 1 });
    expect(JSON.stringify(key)).toBe('{"a":1}');
    expect(Reflect.ownKeys({ ...key })).toEqual(["a"]);
    expect(key).toEqual({ a: 1 });
  });

  it("is of one object: a copy has none, and neither has what inherits from it", () => {
    const notes = attachedValue<object, string>();
    const key = {};
    notes.set(key, "mine");
    const heir: object = Object.create(key);
    expect(notes.get({ ...key })).toBeUndefined();
    expect(notes.get(heir)).toBeUndefined();
  });

  it("knows nothing of another annotation of the same object", () => {
    const [one, other] = [attachedValue<object, string>(), attachedValue<object, string>()];
    const key = {};
    one.set(key, "one");
    expect(other.get(key)).toBeUndefined();
  });

  it("takes objects that nobody may change", () => {
    const notes = attachedValue<object, string>();
    const key = Object.freeze({ a: 1 });
    notes.set(key, "kept");
    expect(notes.get(key)).toBe("kept");
    expect(notes.get(Object.freeze({ a: 1 }))).toBeUndefined();
  });
});

describe("memoize", () => {
  it("is made when it is first asked for, also where it is undefined", () => {
    const make = vi.fn(({ a }: { readonly a: number }) => (a > 1 ? { a } : undefined));
    const made = memoize(make);
    const [one, two] = [{ a: 1 }, { a: 2 }];
    expect(made(one)).toBeUndefined();
    expect(made(one)).toBeUndefined();
    expect(made(two)).toBe(made(two));
    expect(make).toHaveBeenCalledTimes(2);
  });
});
