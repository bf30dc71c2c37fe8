import { manualClock } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { RegistryOptions } from "../../../src/registry/contract.ts";
import { fragment, labels, registryOn, setUp } from "../kit.ts";

async function broken(breakingChanges?: RegistryOptions["breakingChanges"]) {
  const made = setUp(breakingChanges === undefined ? {} : { breakingChanges });
  const node = made.bus.node("n1");
  node.publish({ name: "a", revision: 1, fragment: fragment("/a", "/b") });
  await made.registry.start();
  await node.waitForReport();
  node.publish({ name: "a", revision: 2, fragment: fragment("/a") });
  await made.registry.settled();
  return { ...made, node, report: await node.waitForReport((report) => report !== node.reports[0]) };
}

describe("a breaking change of a fragment", () => {
  test("is served with a warning by default", async () => {
    const { registry, report } = await broken();
    expect(labels(registry)).toEqual(["GET /a"]);
    expect(report).toMatchObject({
      state: "succeeded",
      findings: [{ severity: "warning", code: "CHANGE_BREAKING", found: "GET /b" }],
    });
  });

  test("`block`: is refused, and the last version is still served", async () => {
    const { registry, report, node } = await broken({ master: "block" });
    expect(labels(registry)).toEqual(["GET /a", "GET /b"]);
    expect(report).toMatchObject({
      state: "failed",
      findings: [{ severity: "error", code: "CHANGE_BREAKING", found: "GET /b" }],
    });
    node.publish({ name: "a", revision: 3, fragment: fragment("/a", "/b", "/c") });
    await registry.settled();
    expect(labels(registry)).toEqual(["GET /a", "GET /b", "GET /c"]);
  });

  test("`block`: also by a gateway that starts, which has the ledger", async () => {
    const { bus, registry } = await broken({ "*": "block" });
    const { registry: late } = registryOn(bus.gateway("late"), manualClock(1), {
      gateway: "late",
      breakingChanges: { "*": "block" },
    });
    await late.start();
    expect(labels(late)).toEqual(labels(registry));
  });

  test("`off`: is served without a warning", async () => {
    const { registry, report } = await broken({ master: "off", "*": "block" });
    expect(labels(registry)).toEqual(["GET /a"]);
    expect(report.findings).toEqual([]);
  });
});
