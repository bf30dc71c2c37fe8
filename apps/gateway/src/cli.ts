import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { isTidegateError } from "@tidegate/core-registry";
import { type CommandDef, defineCommand, renderUsage, runCommand } from "citty";
import { refuseUnknownCommand, UsageError } from "./cli/arguments.ts";
import { FragmentFileError } from "./cli/fragment-file/load.ts";
import { JsonSyntaxError } from "./json.ts";

const { version, description }: { version: string; description: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);

const meta = { name: "tidegate", version, description };
/** Commands are loaded when they are used: a check does not need a broker. */
const commands = {
  start: async () => (await import("./cli/start.ts")).startCommand,
  check: async () => (await import("./cli/check.ts")).checkCommand,
  explain: async () => (await import("./cli/explain.ts")).explainCommand,
  diff: async () => (await import("./cli/diff.ts")).diffCommand,
  pin: async () => (await import("./cli/pin.ts")).pinCommand,
  unpin: async () => (await import("./cli/pin.ts")).unpinCommand,
  pins: async () => (await import("./cli/pin.ts")).pinsCommand,
};
const main: CommandDef = defineCommand({ meta, subCommands: commands });

await run(process.argv.slice(2));

async function run(rawArgs: readonly string[]): Promise<void> {
  const [first] = rawArgs;
  if (rawArgs.includes("--help") || rawArgs.includes("-h") || first === "help")
    return await printHelp(rawArgs);
  if (first === "--version" || first === "-v") return print(version);
  try {
    if (first !== undefined && !first.startsWith("-")) refuseUnknownCommand(first, Object.keys(commands));
    await runCommand(main, { rawArgs: [...rawArgs] });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    process.stderr.write(`${errorText(error)}\n`);
    if (process.exitCode === 2) process.stderr.write("\nRun tidegate --help for the usage.\n");
  }
}

async function printHelp(rawArgs: readonly string[]): Promise<void> {
  const parent = { meta };
  for (const argument of rawArgs) {
    if (argument === "start") return print(await renderUsage(await commands.start(), parent));
    if (argument === "check") return print(await renderUsage(await commands.check(), parent));
    if (argument === "explain") return print(await renderUsage(await commands.explain(), parent));
    if (argument === "diff") return print(await renderUsage(await commands.diff(), parent));
    if (argument === "pin") return print(await renderUsage(await commands.pin(), parent));
    if (argument === "unpin") return print(await renderUsage(await commands.unpin(), parent));
    if (argument === "pins") return print(await renderUsage(await commands.pins(), parent));
  }
  print(await renderUsage(main));
}

function print(text: string): void {
  process.stdout.write(`${process.stdout.hasColors?.() === true ? text : stripVTControlCharacters(text)}\n`);
}

/** 2 if the command line or the configuration is wrong, 1 for every other error. */
function exitCodeOf(error: unknown): 1 | 2 {
  return isUsageError(error) || (isTidegateError(error) && error.code === "CONFIG_INVALID") ? 2 : 1;
}

/** citty does not export the class of its errors. */
function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && error.name === "CLIError");
}

/** The message of an expected error, the stack of any other. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOfFile = error instanceof JsonSyntaxError || error instanceof FragmentFileError;
  const isExpected = isUsageError(error) || isTidegateError(error) || isOfFile;
  return isExpected ? stripVTControlCharacters(error.message) : String(error.stack);
}
