import { expect, test } from "vitest";
import { type BrokerSystem, brokerChecks, runChecks } from "../src/index.ts";
import { type Breaking, brokenBrokers } from "./broken-brokers.ts";
import { memorySystem } from "./memory-system.ts";

/** The limit of each check in milliseconds. */
const timeout = 1_500;

function brokenSystem(breaking: Breaking): BrokerSystem {
  const { anotherGateway, ...system } = memorySystem();
  return {
    ...system,
    broker: breaking(system.broker),
    ...(anotherGateway && { anotherGateway: async (id) => breaking(await anotherGateway(id)) }),
  };
}

test("every broken broker fails, with the sentence that it breaks (S17)", async () => {
  const lines: string[] = [];
  for (const [name, breaking] of Object.entries(brokenBrokers)) {
    const results = await runChecks(brokerChecks, { name, make: () => brokenSystem(breaking) }, { timeout });
    const failures = results.flatMap((result) => (result.state === "failed" ? [result] : []));
    expect(failures, `the broken broker '${name}' passes`).not.toEqual([]);
    lines.push(`## ${name}`, "", ...failures.map(({ title, message }) => `- ${title}\n  - ${message}`), "");
  }
  await expect(["# Broken brokers", "", ...lines].join("\n")).toMatchFileSnapshot("broken-brokers.md");
});
