import { describe, expect, test } from "vitest";
import { dialectFaults, wordsOf } from "../src/dialect.ts";
import { readPackages } from "../src/repository.ts";

test.each(readPackages().map(({ folder, sources, tests }) => [folder, [...sources, ...tests]] as const))(
  "%s names things by the usual words",
  (_, files) => {
    expect(files.flatMap(dialectFaults)).toEqual([]);
  },
);

describe("the check sees", () => {
  test.each([
    ["a function", "export function heirloomsOf(): void {}", "1: heirloomsOf: use retainedFragments"],
    ["a type", "export type StreamInlet = string;", "1: StreamInlet: use StreamReceiver"],
    ["a constant", "export const mostRoutes = 5;", "1: mostRoutes: use maxRoutes"],
    ["a list of names", "const liesOn = 1;\nexport { liesOn };", "1: liesOn: use isUnder"],
    ["a member", "export interface I {\n  readonly essence: string;\n}", "2: I.essence: use fingerprint"],
    ["a member of an object type", "export type T = {\n  begun: boolean;\n};", "2: T.begun: use dispatched"],
    ["a method of a class", "export class K {\n  goodbye(): void {}\n}", "2: K.goodbye: use gracefulLeave"],
    ["a method", "export interface I {\n  found(a: string): void;\n}", "2: I.found: use addFinding"],
    ["a member that is a function", "export interface I {\n  tell: () => void;\n}", "2: I.tell: use send"],
  ])("%s", (_, text, fault) => {
    expect(dialectFaults({ path: "src/a.ts", text })).toEqual([`src/a.ts:${fault}`]);
  });

  test.each([
    ["src/hearsay.ts", "src/hearsay.ts:1: hearsay.ts: use gossipVerification"],
    ["src/claim-board.ts", "src/claim-board.ts:1: claim-board.ts: use ClaimTable"],
    [
      "packages/protocol-graphql/test/live.test.ts",
      expect.stringMatching(/:1: live\.test\.ts: use activePart$/),
    ],
  ])("the file name %s", (path, fault) => {
    expect(dialectFaults({ path, text: "" })).toEqual([fault]);
  });

  test("a whole name, in the package where it has another meaning than the usual one", () => {
    const text = "export interface Layer {}";
    expect(dialectFaults({ path: "packages/core-registry/src/a.ts", text })).toHaveLength(1);
    expect(dialectFaults({ path: "packages/server-h3/src/a.ts", text })).toEqual([]);
  });

  test("nothing wrong in ordinary words, in names that are not exported, and in texts", () => {
    const text = `
      export interface Finding { readonly found?: string; readonly replaced: boolean }
      export function replaceLayers(livePart: string, wholeText: string): string { return "essence"; }
      export const almostEqual = 1;
      export const placeholders = "told";
      function heirlooms(): void {}
    `;
    expect(dialectFaults({ path: "src/passwords.ts", text })).toEqual([]);
  });

  test("the words of a name", () => {
    expect(wordsOf("parseHTTPHead2")).toEqual(["parse", "http", "head", "2"]);
    expect(wordsOf("claim-board_old")).toEqual(["claim", "board", "old"]);
  });
});
