import { describe, expect, test } from "vitest";
import { docstringsOf, missingDocstrings, repeatedNames, tooManyShortDocstrings } from "../src/docstrings.ts";
import { readPackages } from "../src/repository.ts";

const packages = readPackages().map(({ folder, sources }) => [folder, sources] as const);

test.each(packages)("%s has a docstring on each exported declaration", (_, sources) => {
  expect(sources.flatMap(missingDocstrings)).toEqual([]);
});

test.each(packages)("%s has no docstring that repeats a name", (_, sources) => {
  expect(sources.flatMap(repeatedNames)).toEqual([]);
});

test.each(packages)("at most eight of a hundred docstrings of %s have five words or fewer", (_, sources) => {
  expect(tooManyShortDocstrings(sources)).toEqual([]);
});

describe("the check sees", () => {
  test.each([
    ["a function", "export function f(): void {}", "f"],
    ["a constant", "export const c = 1;", "c"],
    ["a class", "export class K {}", "K"],
    ["a type", "export type T = string;", "T"],
    ["an interface", "export interface I {}", "I"],
    ["a default", "export default function f(): void {}", "f"],
    ["a list of names", "const c = 1;\nexport { c };", "c"],
    ["a plain comment", "/* no docstring */\nexport const c = 1;", "c"],
    ["an empty docstring", "/** */\nexport const c = 1;", "c"],
    ["a docstring of the previous declaration", "/** Of a. */\nexport const a = 1; export const c = 1;", "c"],
  ])("%s without a docstring", (_, text, name) => {
    expect(missingDocstrings({ path: "a.ts", text })).toEqual([
      expect.stringMatching(new RegExp(`^a\\.ts:\\d+: ${name}$`)),
    ]);
  });

  test("no fault in declarations that have a docstring or are not exported, nor in members", () => {
    const text = `
      /** An I. */
      export interface I {
        readonly name: string;
        start(): void;
      }
      /** Twice. */
      export function f(a: string): void;
      export function f(a: number): void;
      /** A c. */
      // Why it is so.
      export const c = 1;
      interface Own { readonly m: string }
      export { x } from "./x.ts";
    `;
    expect(missingDocstrings({ path: "a.ts", text })).toEqual([]);
  });

  test.each([
    ["a member", "export interface I {\n  /** Its name. */\n  readonly name: string;\n}"],
    [
      "a member of several words",
      "export interface I {\n  /** The branch names. */\n  branchNames(): string[];\n}",
    ],
    ["a declaration", "\n/** The options. */\nexport const options = 1;"],
  ])("a docstring that repeats the name of %s", (_, text) => {
    expect(repeatedNames({ path: "a.ts", text })).toEqual([
      expect.stringMatching(/^a\.ts:2: .* repeats the name/),
    ]);
  });

  test("no repetition in a unit, a default or a longer sentence", () => {
    const text = `
      /** 32 hex digits. */
      const hash = 1;
      /** Default: the hash. */
      const name = 1;
      /** The name of the name is the name. */
      const names = 1;
    `;
    expect(repeatedNames({ path: "a.ts", text })).toEqual([]);
  });

  test("too many short docstrings of a package", () => {
    const long = (count: number): string =>
      "/** The limit of the whole thing in milliseconds. */\nlet a;\n".repeat(count);
    const file = (count: number) => ({ path: "a.ts", text: `/** In seconds. */\nlet b;\n${long(count)}` });
    expect(tooManyShortDocstrings([file(11)])).toEqual(['a.ts:1: "In seconds." is short']);
    expect(tooManyShortDocstrings([file(12)])).toEqual([]);
  });

  test("docstrings, and neither plain comments nor text", () => {
    const text = `
      /** The time limit in whole milliseconds. */
      const a = 1;
      /** @internal */
      const b = 2; /* a */ // b
      const c = "/** d */";
    `;
    expect(docstringsOf({ path: "a.ts", text }).map(({ words }) => words.length)).toEqual([6, 1]);
  });
});
