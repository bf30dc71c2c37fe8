import { type CommandDef, defineCommand } from "citty";
import { askAdmin } from "../admin/ask.ts";
import { findSocket } from "../admin/find-socket.ts";
import { pinTargetSchema } from "../admin/pin-schema.ts";
import { printLine } from "./print.ts";
import { refuseUnknown, UsageError } from "./usage.ts";

const args = {
  branch: { type: "positional", description: "The branch", required: true },
  service: { type: "positional", description: "Only the pin of this service", required: false },
  socket: {
    type: "string",
    description: "The gateway's admin socket (default: that of the one gateway that runs here)",
    valueHint: "path",
  },
} as const;

/** `tidegate unpin BRANCH [SERVICE]`: ends a pin; nothing where there was none. */
export const unpinCommand: CommandDef<typeof args> = defineCommand({
  meta: { name: "unpin", description: "End a pin" },
  args,
  run: async ({ args: given, rawArgs }) => {
    refuseUnknown(rawArgs, given, args);
    const { branch, service } = given;
    const target = { branch, ...(service !== undefined && { service }) };
    if (!pinTargetSchema.safeParse(target).success)
      throw new UsageError(`Which branch? tidegate unpin master; not ${branch}.`);
    await askAdmin(given.socket ?? (await findSocket()), "DELETE", target);
    const what = service === undefined ? branch : `${service} on ${branch}`;
    printLine(`${what} follows what its services publish.`);
  },
});
