import { styleText } from "node:util";
import type { Pin } from "@tidegate/core-registry/registry";
import { type CommandDef, defineCommand } from "citty";
import { requestAdmin } from "../admin/client.ts";
import { pinSchema, pinTargetSchema } from "../admin/pins.ts";
import { findSocket } from "../admin/socket.ts";
import { printable } from "../text.ts";
import { refuseUnknownArguments, UsageError } from "./arguments.ts";
import { hasColours, printLine } from "./output.ts";

const pinArgs = {
  target: {
    type: "positional",
    description: "The branch and its version: master@1a2b3c4d. With a service, the branch alone",
    required: true,
    valueHint: "branch[@version]",
  },
  service: {
    type: "positional",
    description: "Pin only this service of the branch, to this fragment",
    required: false,
    valueHint: "service@hash",
  },
  socket: {
    type: "string",
    description:
      "The gateway's admin socket (default: the socket of the one gateway that runs on this machine)",
    valueHint: "path",
  },
} as const;

/**
 * `tidegate pin BRANCH@VERSION` and `tidegate pin BRANCH SERVICE@HASH`. Every gateway serves the pinned API.
 */
export const pinCommand: CommandDef<typeof pinArgs> = defineCommand({
  meta: { name: "pin", description: "Pin a branch to a version, or one of its services to a fragment" },
  args: pinArgs,
  run: async ({ args, rawArgs }) => {
    refuseUnknownArguments(rawArgs, args, pinArgs);
    const pin = readPin(args.target, args.service);
    await requestAdmin(args.socket ?? (await findSocket()), "POST", pin);
    const unpin = ["tidegate unpin", pin.branch, ...(pin.service === undefined ? [] : [pin.service])].join(
      " ",
    );
    printLine(`Pinned ${pinText(pin, hasColours())}. End the pin with: ${unpin}`);
  },
});

const unpinArgs = {
  branch: { type: "positional", description: "The branch", required: true },
  service: { type: "positional", description: "End only the pin of this service", required: false },
  socket: {
    type: "string",
    description:
      "The gateway's admin socket (default: the socket of the one gateway that runs on this machine)",
    valueHint: "path",
  },
} as const;

/** `tidegate unpin BRANCH [SERVICE]`. Does nothing if there is no such pin. */
export const unpinCommand: CommandDef<typeof unpinArgs> = defineCommand({
  meta: { name: "unpin", description: "End a pin" },
  args: unpinArgs,
  run: async ({ args, rawArgs }) => {
    refuseUnknownArguments(rawArgs, args, unpinArgs);
    const { branch, service } = args;
    const target = { branch, ...(service !== undefined && { service }) };
    if (!pinTargetSchema.safeParse(target).success)
      throw new UsageError(`Not the name of a branch: ${branch}. Example: tidegate unpin master`);
    await requestAdmin(args.socket ?? (await findSocket()), "DELETE", target);
    printLine(`Unpinned ${service === undefined ? branch : `${service} on ${branch}`}.`);
  },
});

const pinsArgs = {
  socket: {
    type: "string",
    description:
      "The gateway's admin socket (default: the socket of the one gateway that runs on this machine)",
    valueHint: "path",
  },
} as const;

/** `tidegate pins`: all pins, one per line. */
export const pinsCommand: CommandDef<typeof pinsArgs> = defineCommand({
  meta: { name: "pins", description: "Show what is pinned" },
  args: pinsArgs,
  run: async ({ args, rawArgs }) => {
    refuseUnknownArguments(rawArgs, args, pinsArgs);
    const { pins } = await requestAdmin(args.socket ?? (await findSocket()), "GET");
    if (pins.length === 0) printLine("Nothing is pinned.");
    for (const pin of pins) printLine(pinText(pin, hasColours()));
  },
});

/** A pin as text: `master@1a2b3c4d` or `player@1a2b3c4d on master`. */
export function pinText({ branch, service, to }: Pin, coloured: boolean): string {
  const name = printable(`${service ?? branch}@${to}`);
  const text = coloured ? styleText("bold", name, { validateStream: false }) : name;
  return service === undefined ? text : `${text} on ${printable(branch)}`;
}

function readPin(target: string, service: string | undefined): Pin {
  const [name, to] = splitAtLast(service ?? target);
  const pin = service === undefined ? { branch: name, to } : { branch: target, service: name, to };
  const result = pinSchema.safeParse(pin);
  if (result.success) return result.data;
  throw new UsageError(
    service === undefined
      ? `Not a version of a branch: ${target}. Example: tidegate pin master@1a2b3c4d`
      : `Not a branch and a fragment of a service: ${target} ${service}. ` +
          "Example: tidegate pin master player@1a2b3c4d",
  );
}

/** Splits at the last `@`, because the name of a service can contain one. */
function splitAtLast(text: string): readonly [name: string, to: string] {
  const at = text.lastIndexOf("@");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
