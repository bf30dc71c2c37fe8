import { expect, test } from "vitest";
import { type Check, runChecks } from "../src/index.ts";

/** A plugin of these tests doubles a number. */
interface Harness {
  readonly double: (value: number) => unknown;
  readonly canTriple?: boolean;
}

const checks: readonly Check<Harness>[] = [
  {
    title: "doubles numbers",
    run: ({ double }, { clause, equal }) => {
      clause("Returns twice the number.");
      equal(double(2), 4, "double(2)");
    },
  },
  {
    title: "triples numbers",
    needs: ({ canTriple }) => (canTriple ? undefined : "the plugin cannot triple"),
    run: () => undefined,
  },
];

test("a suite returns passed, failed and skipped checks as data (S17)", async () => {
  expect(await runChecks(checks, { double: (value) => 2 * value })).toEqual([
    { title: "doubles numbers", state: "passed" },
    { title: "triples numbers", state: "skipped", reason: "the plugin cannot triple" },
  ]);
  expect((await runChecks(checks, { double: () => ({ four: 4 }), canTriple: true }))[0]).toEqual({
    title: "doubles numbers",
    state: "failed",
    message: "Contract: Returns twice the number. Expected: double(2) is 4. Seen: { four: 4 }",
  });
});

test("a failure says what a check waited for, and which error was seen", async () => {
  const results = await runChecks<undefined>(
    [
      { title: "hangs", run: (_, { wait }) => wait(new Promise<void>(() => undefined), "the answer comes") },
      { title: "throws", run: () => Promise.reject(new TypeError("odd")) },
      { title: "hangs at its end", run: (_, { onEnd }) => onEnd(() => new Promise(() => undefined)) },
      { title: "skips", run: (_, { skip }) => skip("no time") },
      {
        title: "expects an error",
        run: (_, { rejects }) => rejects(Promise.resolve(1), { code: "X" }, "it"),
      },
    ],
    undefined,
    { timeout: 20 },
  );
  expect(results.map((result) => Object.values(result).at(-1))).toEqual([
    "Contract: hangs. Expected: the answer comes. Seen: nothing within 20 ms",
    "Contract: throws. Expected: no error. Seen: TypeError: odd",
    "Contract: A plugin releases everything when it ends. Expected: the clean-up resolves. " +
      "Seen: nothing within 20 ms",
    "no time",
    "Contract: expects an error. Expected: it rejects with { code: 'X' }. Seen: it resolved with 1",
  ]);
});
