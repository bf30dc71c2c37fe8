import { expect, test } from "vitest";
import { contextChecks, runChecks, testContext } from "../src/index.ts";
import { brokenContexts, session, sessionSuite } from "./broken-contexts.ts";
import { brokenTable } from "./broken-table.ts";

testContext(sessionSuite());

test("a context without optional members passes, with the reasons of its skipped checks (S17)", async () => {
  const { close: _, perRequest: __, start: ___, dispose: ____, ...factory } = session();
  const results = await runChecks(contextChecks, { ...sessionSuite(), make: () => factory });
  expect(results.filter(({ state }) => state === "failed")).toEqual([]);
  expect(results.flatMap((result) => (result.state === "skipped" ? [result.reason] : []))).toEqual([
    "the context has no close",
    "the context is not `perRequest`",
  ]);
});

test("every broken context fails, with the sentence that it breaks (S17)", async () => {
  const table = await brokenTable("contexts", contextChecks, brokenContexts);
  await expect(table).toMatchFileSnapshot("broken-contexts.md");
});
