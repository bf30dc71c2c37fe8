import { nearestName } from "@tidegate/core-registry";
import type { ArgsDef } from "citty";

/** The command line is wrong. Its message says how to correct it; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Refuses an unknown command.
 * @throws {UsageError} with the most similar command
 */
export function refuseUnknownCommand(command: string, commands: readonly string[]): void {
  if (commands.includes(command)) return;
  const similar = nearestName(command, commands);
  throw new UsageError(
    `Unknown command: ${command}.${similar === undefined ? "" : ` Did you mean ${similar}?`}`,
  );
}

/**
 * Refuses unknown options, options without a value, and surplus arguments, all of which citty accepts.
 * @param parsed what citty made of `rawArgs`
 * @throws {UsageError} with the wrong argument and, for an option, the most similar one
 */
export function refuseUnknownArguments(
  rawArgs: readonly string[],
  parsed: Readonly<Record<string, unknown>>,
  definitions: ArgsDef,
): void {
  const options = Object.keys(definitions).filter((name) => definitions[name]?.type !== "positional");
  for (const argument of rawArgs) {
    const name = /^--?([^=]+)/.exec(argument)?.[1];
    if (name === undefined || options.includes(name)) continue;
    const similar = nearestName(name, options);
    throw new UsageError(
      `Unknown option: ${argument}.${similar === undefined ? "" : ` Did you mean --${similar}?`}`,
    );
  }
  for (const name of options) {
    if (definitions[name]?.type === "string" && parsed[name] === "")
      throw new UsageError(`--${name} needs a value.`);
  }
  const positionals = Array.isArray(parsed._) ? parsed._ : [];
  const maxPositionals = Object.keys(definitions).length - options.length;
  if (positionals.length > maxPositionals)
    throw new UsageError(`Unexpected argument: ${String(positionals[maxPositionals])}.`);
}
