import { describe, expect, test } from "vitest";
import { docstringsOf, missingDocstrings, shortDocstrings } from "../src/docstrings.ts";
import { readPackages } from "../src/repository.ts";

const packages = readPackages().map(({ folder, sources }) => [folder, sources] as const);

test.each(packages)("%s has a docstring on each exported declaration", (_, sources) => {
  expect(sources.flatMap(missingDocstrings)).toEqual([]);
});

test.each(packages)("%s has no docstring of five words or fewer", (_, sources) => {
  expect(sources.flatMap(shortDocstrings)).toEqual([]);
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
    [
      "a member",
      "/** Describes a route of a version. */\nexport interface I {\n  /** Its name. */\n  name: string;\n}",
    ],
    ["a declaration", "\n\n/** The name of the thing. */\nexport const c = 1;"],
    ["a declaration that is not exported", "\n\n/**\n * The name.\n */\nconst c = 1;"],
  ])("a docstring of five words or fewer on %s", (_, text) => {
    expect(shortDocstrings({ path: "a.ts", text })).toEqual([
      expect.stringMatching(/^a\.ts:3: "(Its|The) name.*" says no more than the name/),
    ]);
  });

  test("no fault in six words, in a tag, in plain comments and in text", () => {
    const text = `
      /** The time limit in whole milliseconds. */
      const a = 1;
      /** @internal */
      const b = 2; /* a */ // b
      const c = "/** d */";
    `;
    expect(shortDocstrings({ path: "a.ts", text })).toEqual([]);
    expect(docstringsOf({ path: "a.ts", text }).map(({ words }) => words.length)).toEqual([6, 1]);
  });
});
