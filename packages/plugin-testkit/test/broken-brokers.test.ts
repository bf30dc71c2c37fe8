import { expect, test } from "vitest";
import { type BrokerSystem, brokerChecks, runChecks } from "../src/index.ts";
import type { Breaking } from "./breaking.ts";
import { brokenBrokers } from "./broken-brokers.ts";
import { memorySystem } from "./memory-system.ts";

/** The limit of each check in milliseconds. */
const timeout = 3_000;
/** The number of brokers that are checked at once. Most of their time is waiting. */
const atOnce = 16;

function brokenSystem(breaking: Breaking): BrokerSystem {
  const { anotherGateway, ...system } = memorySystem();
  return {
    ...system,
    broker: breaking(system.broker),
    ...(anotherGateway && { anotherGateway: async (id) => breaking(await anotherGateway(id)) }),
  };
}

/** Returns the table's row of a broken broker: its name, the first failed check, and the message. */
async function failureOf(name: string, breaking: Breaking): Promise<string> {
  const results = await runChecks(brokerChecks, { name, make: () => brokenSystem(breaking) }, { timeout });
  const failed = results.find((result) => result.state === "failed");
  expect(failed, `the broken broker '${name}' passes`).toBeDefined();
  const cells = [name, failed?.title, failed?.state === "failed" && failed.message];
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

test("every broken broker fails, with the sentence that it breaks (S17)", async () => {
  const entries = Object.entries(brokenBrokers);
  const rows: string[] = [];
  const remaining = entries.entries();
  const work = async (): Promise<void> => {
    for (const [index, [name, breaking]] of remaining) rows[index] = await failureOf(name, breaking);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const table = [
    "# Broken brokers",
    "",
    "| broken broker | first failed check | message |",
    "|---|---|---|",
    ...rows,
  ];
  await expect(`${table.join("\n")}\n`).toMatchFileSnapshot("broken-brokers.md");
});
