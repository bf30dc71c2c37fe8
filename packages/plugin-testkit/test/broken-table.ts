import { expect } from "vitest";
import { type Check, runChecks } from "../src/index.ts";

/** The limit of each check in milliseconds. */
const timeout = 2_000;
/** The number of plugins that are checked at once. Most of their time is waiting. */
const atOnce = 8;

/**
 * Runs the checks for each broken plugin, and returns a table of the first failed checks. Fails where one of
 * the plugins passes.
 *
 * @param harnesses the suites of the broken plugins, by what is wrong with them
 */
export async function brokenTable<Harness>(
  kind: string,
  checks: readonly Check<Harness>[],
  harnesses: Readonly<Record<string, Harness>>,
): Promise<string> {
  const entries = Object.entries(harnesses);
  const rows: string[] = [];
  const remaining = entries.entries();
  const work = async (): Promise<void> => {
    for (const [index, [name, harness]] of remaining) rows[index] = await failureOf(name, checks, harness);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const head = [`# Broken ${kind}`, "", `| broken plugin | first failed check | message |`, "|---|---|---|"];
  return `${[...head, ...rows].join("\n")}\n`;
}

async function failureOf<Harness>(
  name: string,
  checks: readonly Check<Harness>[],
  harness: Harness,
): Promise<string> {
  const results = await runChecks(checks, harness, { timeout });
  const failed = results.find((result) => result.state === "failed");
  expect(failed, `'${name}' passes`).toBeDefined();
  const cells = [name, failed?.title, failed?.state === "failed" && failed.message];
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}
