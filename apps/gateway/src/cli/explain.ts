import { type CommandDef, defineCommand } from "citty";
import { explain, explainedCodes, nearestCode } from "../explain/explain.ts";
import { refuseUnknownArguments, UsageError } from "./arguments.ts";
import { printLine } from "./output.ts";

const explainArgs = {
  code: {
    type: "positional",
    description: "The code of a finding or error, such as PATH_INVALID. Without it: all codes",
    required: false,
  },
} as const;

/** `tidegate explain CODE`: prints what a code of a report means, an example, and what to do. */
export const explainCommand: CommandDef<typeof explainArgs> = defineCommand({
  meta: { name: "explain", description: "Explain a code of a report" },
  args: explainArgs,
  run: ({ args, rawArgs }) => {
    refuseUnknownArguments(rawArgs, args, explainArgs);
    const { code } = args;
    if (code === undefined) return printLine(explainedCodes.join("\n"));
    const text = explain(code.toUpperCase());
    if (text !== undefined) return printLine(text);
    const nearest = nearestCode(code);
    const hint = nearest === undefined ? "tidegate explain lists all codes." : `Did you mean ${nearest}?`;
    throw new UsageError(`Unknown code: ${code}. ${hint}`);
  },
});
