import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Report } from "@tidegate/core-registry";
import { type CheckRequest, createRegistry } from "@tidegate/core-registry/registry";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { type CommandDef, defineCommand } from "citty";
import { requestCheck } from "../gateway-client.ts";
import { parseJson } from "../json.ts";
import { isRefused, reportText } from "../report-text.ts";
import { refuseUnknownArguments, UsageError } from "./arguments.ts";
import { hasColours, printLine } from "./output.ts";

const checkArgs = {
  file: { type: "positional", description: "The fragment, a JSON file", required: true },
  service: {
    type: "string",
    description: "The service that would publish the fragment (default: the file's name)",
    valueHint: "name",
  },
  gateway: {
    type: "string",
    description: "Let this running gateway check the fragment together with all services",
    valueHint: "url",
  },
  branch: { type: "string", description: "The branch (default: the fragment's)", valueHint: "name" },
  json: { type: "boolean", description: "Print the report as JSON" },
  strict: { type: "boolean", description: "Fail on warnings too" },
} as const;

/**
 * `tidegate check FILE`: validates a fragment and prints the report. The exit code is 1 if the fragment is
 * refused; with
 * `--strict`, also if the report has a warning (S1.7).
 */
export const checkCommand: CommandDef<typeof checkArgs> = defineCommand({
  meta: { name: "check", description: "Check a fragment before you publish it" },
  args: checkArgs,
  run: async ({ args, rawArgs }) => {
    refuseUnknownArguments(rawArgs, args, checkArgs);
    const request = {
      fragment: await readFragment(args.file),
      service: args.service ?? basename(args.file).replace(/\..*$/s, ""),
      ...(args.branch !== undefined && { branch: args.branch }),
    };
    const { gateway } = args;
    const report = gateway === undefined ? await checkLocally(request) : await requestCheck(gateway, request);
    if (args.json === true) printLine(JSON.stringify(report, null, 2));
    else printReport(report, gateway === undefined);
    if (isRefused(report)) process.exitCode = 1;
    else if (args.strict === true && hasWarning(report)) {
      if (args.json !== true) printLine("\nThe command fails because of the warnings: --strict.");
      process.exitCode = 1;
    }
  },
});

async function readFragment(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`Cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  return parseJson(text, file);
}

/** Checks a fragment alone, in a registry with the default plugins and without services. Opens no socket. */
async function checkLocally(request: CheckRequest): Promise<Report> {
  const registry = createRegistry({
    brokers: [],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    sandbox: sandbox(),
    contexts: h3Server().contexts,
  });
  try {
    const report = await registry.check(request);
    // Without services every action is unknown.
    return { ...report, findings: report.findings.filter(({ code }) => code !== "ACTION_UNKNOWN") };
  } finally {
    await registry.stop();
  }
}

function hasWarning({ findings }: Report): boolean {
  return findings.some(({ severity }) => severity === "warning");
}

function printReport(report: Report, local: boolean): void {
  printLine(reportText(report, hasColours()));
  if (local && !isRefused(report))
    printLine("\nThe fragment was checked alone. To check it against running services, add --gateway URL.");
}
