import { expect, test } from "vitest";
import { agreed } from "../src/gateways/command.ts";
import { missingForGateways, runGateways } from "../src/gateways/gateways.ts";

test("S9.4, S12.6: three gateways on one NATS agree within 2 s of quiet, and the one that starts never answers 404", async (context) => {
  const missing = missingForGateways();
  if (missing !== undefined) {
    expect(process.env.CI, missing).toBeFalsy();
    context.skip(missing);
  }
  const result = await runGateways({ rounds: 2 });
  expect(result.answers["404"]).toBeUndefined();
  expect(result.answers["200"]).toBeGreaterThan(10);
  const [first, ...others] = result.versions;
  expect(Object.keys(first ?? {}).sort()).toEqual(["master", "preview"]);
  for (const versions of others) expect(versions).toEqual(first);
  expect(agreed(result)).toBe(true);
}, 120_000);
