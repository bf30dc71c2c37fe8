import { describe, expect, test } from "vitest";
import { missingDocstrings } from "../src/docstrings.ts";
import { readPackages } from "../src/repository.ts";

test.each(readPackages().map(({ folder, sources }) => [folder, sources] as const))(
  "%s says what each exported thing is",
  (_, sources) => {
    expect(sources.flatMap(missingDocstrings)).toEqual([]);
  },
);

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
    ["a docstring of the one before", "/** Of a. */\nexport const a = 1; export const c = 1;", "c"],
    ["a member", "/** An I. */\nexport interface I {\n  readonly m: string;\n}", "I.m"],
    ["a method", "/** An I. */\nexport interface I {\n  m(): void;\n}", "I.m"],
  ])("%s without one", (_, text, name) => {
    expect(missingDocstrings({ path: "a.ts", text })).toEqual([
      expect.stringMatching(new RegExp(`^a\\.ts:\\d+: ${name.replace(".", "\\.")}$`)),
    ]);
  });

  test("what has one, or is not exported", () => {
    const text = `
      /** An I. */
      export interface I {
        /** Its name. */
        readonly name: string;
        /** Starts it. */
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
});
