import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Report } from "@tidegate/core-registry";
import { type CommandDef, defineCommand } from "citty";
import { checkLocally } from "../check/local.ts";
import { checkRemotely } from "../check/remote.ts";
import { parseJson } from "../json.ts";
import { fullReportText, refused } from "../report-text.ts";
import { refuseUnknown, UsageError } from "./usage.ts";

const args = {
  file: { type: "positional", description: "The fragment, a JSON file", required: true },
  service: {
    type: "string",
    description: "The service that would publish it (default: the file's name)",
    valueHint: "name",
  },
  gateway: {
    type: "string",
    description: "Ask this running gateway for a dry run of the merge",
    valueHint: "url",
  },
  branch: { type: "string", description: "The branch (default: the fragment's)", valueHint: "name" },
  json: { type: "boolean", description: "Print the report as JSON" },
} as const;

/** `tidegate check FILE`: what validation says of a fragment. Exit code 1 where it is refused. */
export const checkCommand: CommandDef<typeof args> = defineCommand({
  meta: { name: "check", description: "Check a fragment before it is published" },
  args,
  run: async ({ args: given, rawArgs }) => {
    refuseUnknown(rawArgs, given, args);
    const fragment = await readFragment(given.file);
    const request = {
      fragment,
      service: given.service ?? basename(given.file).replace(/\..*$/s, ""),
      ...(given.branch !== undefined && { branch: given.branch }),
    };
    const report =
      given.gateway === undefined ? await checkLocally(request) : await checkRemotely(given.gateway, request);
    print(report, given.json === true, given.gateway === undefined);
    if (refused(report)) process.exitCode = 1;
  },
});

async function readFragment(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  return parseJson(text, file);
}

function print(report: Report, asJson: boolean, local: boolean): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${fullReportText(report, process.stdout.hasColors?.() ?? false)}\n`);
  if (local && !refused(report)) {
    process.stdout.write("\nOther services and their actions were not looked at; --gateway URL does.\n");
  }
}
