import { expect, test } from "vitest";
import { outageFailures, outageProblem, runOutage } from "../src/outage/outage.ts";

test("S9.3, S12.6: an outage of NATS of 20 s costs calls, no routes and no sockets", async (context) => {
  const problem = outageProblem();
  if (problem !== undefined) {
    expect(process.env.CI, problem).toBeFalsy();
    context.skip(problem);
  }
  const result = await runOutage(20);
  expect(outageFailures(result)).toEqual([]);
  expect(result.answers.outage?.["REST map"]["200"]).toBeGreaterThan(10);
  expect(result.answers.outage?.["REST call"]["503 retry-after"]).toBeGreaterThan(10);
  expect(result.answers.after?.["REST call"]["200"]).toBeGreaterThan(5);
}, 90_000);
