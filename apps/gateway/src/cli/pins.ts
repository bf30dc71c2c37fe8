import { type CommandDef, defineCommand } from "citty";
import { askAdmin } from "../admin/ask.ts";
import { findSocket } from "../admin/find-socket.ts";
import { pinText } from "../pin-text.ts";
import { coloured, printLine } from "./print.ts";
import { refuseUnknown } from "./usage.ts";

const args = {
  socket: {
    type: "string",
    description: "The gateway's admin socket (default: that of the one gateway that runs here)",
    valueHint: "path",
  },
} as const;

/** `tidegate pins`: what is held, one a line. */
export const pinsCommand: CommandDef<typeof args> = defineCommand({
  meta: { name: "pins", description: "Show what is pinned" },
  args,
  run: async ({ args: given, rawArgs }) => {
    refuseUnknown(rawArgs, given, args);
    const { pins } = await askAdmin(given.socket ?? (await findSocket()), "GET");
    if (pins.length === 0) printLine("Nothing is pinned.");
    for (const pin of pins) printLine(pinText(pin, coloured()));
  },
});
