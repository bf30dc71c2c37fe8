import { differenceText } from "@tidegate/core-registry";
import { type CommandDef, defineCommand } from "citty";
import { askDifference } from "../diff/remote.ts";
import { readRange } from "../version-range.ts";
import { coloured, printLine } from "./print.ts";
import { refuseUnknown, UsageError } from "./usage.ts";

const args = {
  versions: {
    type: "positional",
    description: "Two versions: master@1a2b3c4d..latest, master@latest..next@latest",
    required: true,
    valueHint: "branch@a..b",
  },
  gateway: { type: "string", description: "The running gateway to ask", required: true, valueHint: "url" },
} as const;

/** `tidegate diff BRANCH@A..B --gateway URL`: what differs between two versions, as text. */
export const diffCommand: CommandDef<typeof args> = defineCommand({
  meta: { name: "diff", description: "Show what differs between two versions" },
  args,
  run: async ({ args: given, rawArgs }) => {
    refuseUnknown(rawArgs, given, args);
    if (readRange(given.versions) === undefined)
      throw new UsageError(
        `Which two versions? tidegate diff master@1a2b3c4d..latest --gateway URL; not ${given.versions}.`,
      );
    printLine(differenceText(await askDifference(given.gateway, given.versions), { colour: coloured() }));
  },
});
