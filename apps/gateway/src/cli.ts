import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { isTidegateError } from "@tidegate/core-registry";
import { type CommandDef, defineCommand, renderUsage, runCommand } from "citty";
import { refuseOther, UsageError } from "./cli/usage.ts";
import { JsonFault } from "./json.ts";

const { version, description }: { version: string; description: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);

const meta = { name: "tidegate", version, description };
/** Loaded when asked for: a check needs no broker. */
const commands = {
  start: async () => (await import("./cli/start.ts")).startCommand,
  check: async () => (await import("./cli/check.ts")).checkCommand,
  diff: async () => (await import("./cli/diff.ts")).diffCommand,
  pin: async () => (await import("./cli/pin.ts")).pinCommand,
  unpin: async () => (await import("./cli/unpin.ts")).unpinCommand,
  pins: async () => (await import("./cli/pins.ts")).pinsCommand,
};
const main: CommandDef = defineCommand({ meta, subCommands: commands });

await run(process.argv.slice(2));

async function run(rawArgs: readonly string[]): Promise<void> {
  const [first] = rawArgs;
  if (rawArgs.includes("--help") || rawArgs.includes("-h") || first === "help") return await help(rawArgs);
  if (first === "--version" || first === "-v") return write(version);
  try {
    if (first !== undefined && !first.startsWith("-")) refuseOther(first, Object.keys(commands));
    await runCommand(main, { rawArgs: [...rawArgs] });
  } catch (error) {
    process.exitCode = exitCode(error);
    process.stderr.write(`${errorText(error)}\n`);
    if (process.exitCode === 2) process.stderr.write("\ntidegate --help says what can be asked.\n");
  }
}

async function help(rawArgs: readonly string[]): Promise<void> {
  const parent = { meta };
  for (const word of rawArgs) {
    if (word === "start") return write(await renderUsage(await commands.start(), parent));
    if (word === "check") return write(await renderUsage(await commands.check(), parent));
    if (word === "diff") return write(await renderUsage(await commands.diff(), parent));
    if (word === "pin") return write(await renderUsage(await commands.pin(), parent));
    if (word === "unpin") return write(await renderUsage(await commands.unpin(), parent));
    if (word === "pins") return write(await renderUsage(await commands.pins(), parent));
  }
  write(await renderUsage(main));
}

function write(text: string): void {
  process.stdout.write(`${process.stdout.hasColors?.() === true ? text : stripVTControlCharacters(text)}\n`);
}

/** 2: the command line or the configuration is wrong; 1: everything else. */
function exitCode(error: unknown): 1 | 2 {
  return isUsageError(error) || (isTidegateError(error) && error.code === "CONFIG_INVALID") ? 2 : 1;
}

/** citty does not export its error's class. */
function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && error.name === "CLIError");
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const forPeople = isUsageError(error) || isTidegateError(error) || error instanceof JsonFault;
  return forPeople ? stripVTControlCharacters(error.message) : String(error.stack);
}
