import { differenceText } from "@tidegate/core-registry/registry";
import { type CommandDef, defineCommand } from "citty";
import { requestDifference } from "../gateway-client.ts";
import { parseRange } from "../pages/diff.ts";
import { refuseUnknownArguments, UsageError } from "./arguments.ts";
import { hasColours, printLine } from "./output.ts";

const diffArgs = {
  versions: {
    type: "positional",
    description: "Two versions: master@1a2b3c4d..latest, master@latest..next@latest",
    required: true,
    valueHint: "branch@a..b",
  },
  gateway: { type: "string", description: "URL of the running gateway", required: true, valueHint: "url" },
} as const;

/** `tidegate diff BRANCH@A..B --gateway URL`: prints the difference between two versions as text. */
export const diffCommand: CommandDef<typeof diffArgs> = defineCommand({
  meta: { name: "diff", description: "Show the difference between two versions" },
  args: diffArgs,
  run: async ({ args, rawArgs }) => {
    refuseUnknownArguments(rawArgs, args, diffArgs);
    if (parseRange(args.versions) === undefined)
      throw new UsageError(
        `Not two versions: ${args.versions}. Example: tidegate diff master@1a2b3c4d..latest --gateway URL`,
      );
    const difference = await requestDifference(args.gateway, args.versions);
    printLine(differenceText(difference, { colour: hasColours() }));
  },
});
