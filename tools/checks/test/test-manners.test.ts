import { describe, expect, test } from "vitest";
import { readPackages } from "../src/repository.ts";
import { mannerFaults } from "../src/test-manners.ts";

test.each(readPackages().map(({ folder, tests }) => [folder, tests] as const))(
  "%s runs all its tests and waits for events",
  (_, tests) => {
    expect(tests.flatMap(mannerFaults)).toEqual([]);
  },
);

describe("the check sees", () => {
  test.each(["only", "skip", "todo", "skipIf", "runIf"])(".%s", (word) => {
    expect(faults(`test.${word}("x", () => {});`)).toEqual([`a.test.ts:1: .${word} switches tests off`]);
    expect(faults(`describe.concurrent.${word}("x", () => {});`)).toHaveLength(1);
    expect(faults(`list.${word}(1);`)).toEqual([]);
  });

  test.each([
    "await new Promise((done) => setTimeout(done, 5));",
    "await new Promise<void>((done) => { setTimeout(() => done(), 5); });",
    "await new Promise(function (done) { setTimeout(done, 5); });",
    "const { promise, resolve } = Promise.withResolvers<void>();\nsetTimeout(resolve, 5);",
    'import { setTimeout } from "node:timers/promises";',
  ])("the wait in %s", (text) => {
    expect(faults(text)).toHaveLength(1);
  });

  test("no wait in a deadline or a paced source", () => {
    expect(
      faults(
        "new Promise((done, fail) => { setTimeout(() => fail(new Error('x')), 5); s.once('x', done); });",
      ),
    ).toEqual([]);
    expect(faults("setTimeout(push, 5);")).toEqual([]);
  });
});

function faults(text: string): string[] {
  return mannerFaults({ path: "a.test.ts", text });
}
