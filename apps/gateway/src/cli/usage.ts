import { nearestName } from "@tidegate/core-registry";
import type { ArgsDef } from "citty";

/** The command line was not understood: what is wrong with it, for people. Exit code 2. */
export class UsageError extends Error {
  /** Tells it from others. */
  override readonly name = "UsageError";
}

/**
 * Refuses a command that there is not.
 * @throws {UsageError} which names the nearest one
 */
export function refuseOther(command: string, known: readonly string[]): void {
  if (known.includes(command)) return;
  const meant = nearestName(command, known);
  throw new UsageError(
    `There is no command ${command}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`,
  );
}

/**
 * Refuses options that a command does not have, options without their value, and words too many: citty lets all of them pass.
 * @throws {UsageError} which names the option and the nearest right one
 */
export function refuseUnknown(
  rawArgs: readonly string[],
  args: Readonly<Record<string, unknown>>,
  known: ArgsDef,
): void {
  const names = Object.keys(known).filter((name) => known[name]?.type !== "positional");
  for (const word of rawArgs) {
    const name = /^--?([^=]+)/.exec(word)?.[1];
    if (name === undefined || names.includes(name)) continue;
    const meant = nearestName(name, names);
    throw new UsageError(
      `There is no option ${word}.${meant === undefined ? "" : ` Did you mean --${meant}?`}`,
    );
  }
  for (const name of names) {
    if (known[name]?.type === "string" && args[name] === "") throw new UsageError(`--${name} needs a value.`);
  }
  const words = Array.isArray(args._) ? args._ : [];
  const places = Object.keys(known).length - names.length;
  if (words.length > places)
    throw new UsageError(`What is ${String(words[places])}? The command takes no more.`);
}
