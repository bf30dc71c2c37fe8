import type { Pin } from "@tidegate/core-registry";
import { type CommandDef, defineCommand } from "citty";
import { askAdmin } from "../admin/ask.ts";
import { findSocket } from "../admin/find-socket.ts";
import { pinSchema } from "../admin/pin-schema.ts";
import { pinText } from "../pin-text.ts";
import { coloured, printLine } from "./print.ts";
import { refuseUnknown, UsageError } from "./usage.ts";

const args = {
  target: {
    type: "positional",
    description: "The branch and its version, master@1a2b3c4d; with a service, the branch alone",
    required: true,
    valueHint: "branch[@version]",
  },
  service: {
    type: "positional",
    description: "Only this service of the branch, at this fragment",
    required: false,
    valueHint: "service@hash",
  },
  socket: {
    type: "string",
    description: "The gateway's admin socket (default: that of the one gateway that runs here)",
    valueHint: "path",
  },
} as const;

/** `tidegate pin BRANCH@VERSION`, `tidegate pin BRANCH SERVICE@HASH`: holds what is served, on every gateway. */
export const pinCommand: CommandDef<typeof args> = defineCommand({
  meta: { name: "pin", description: "Hold a branch at a version, or a service of it at a fragment" },
  args,
  run: async ({ args: given, rawArgs }) => {
    refuseUnknown(rawArgs, given, args);
    const pin = readPin(given.target, given.service);
    await askAdmin(given.socket ?? (await findSocket()), "POST", pin);
    const end = ["tidegate unpin", pin.branch, ...(pin.service === undefined ? [] : [pin.service])].join(" ");
    printLine(`${pinText(pin, coloured())} is held. ${end} ends it.`);
  },
});

function readPin(target: string, service: string | undefined): Pin {
  const [name, to] = splitAt(service ?? target);
  const pin = service === undefined ? { branch: name, to } : { branch: target, service: name, to };
  const result = pinSchema.safeParse(pin);
  if (result.success) return result.data;
  throw new UsageError(
    service === undefined
      ? `Which version of which branch? tidegate pin master@1a2b3c4d; not ${target}.`
      : `Which fragment of which service? tidegate pin master player@1a2b3c4d; not ${target} ${service}.`,
  );
}

/** At the last `@`: a service's name may hold one. */
function splitAt(text: string): readonly [name: string, to: string] {
  const at = text.lastIndexOf("@");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
