import { inspect } from "node:util";
import type { Logger } from "@tidegate/core-registry";

/** A logger that hands on each line of a message; what is only for fault finders is left out. */
export function lineLogger(write: (line: string) => void): Logger {
  const log = (message: string, ...details: readonly unknown[]): void => {
    const text = [message, ...details.map((detail) => inspect(detail))].join(" ");
    for (const line of text.split("\n")) write(line);
  };
  return { debug: () => undefined, info: log, warn: log, error: log };
}
