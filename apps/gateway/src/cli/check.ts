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
import { isRefused, type LocatedReport, reportText } from "../report-text.ts";
import { refuseUnknownArguments, UsageError } from "./arguments.ts";
import { fixFile } from "./fix.ts";
import { type FragmentInFile, readFragments } from "./fragment-file/read.ts";
import { hasColours, printError, printLine } from "./output.ts";
import { withSources } from "./sources.ts";

const checkArgs = {
  file: {
    type: "positional",
    description: "A JSON file with the fragment, or a module that exports it or a service schema",
    required: true,
  },
  service: {
    type: "string",
    description:
      "The service that would publish the fragment (default: that of the schema, else the file's name)",
    valueHint: "name",
  },
  gateway: {
    type: "string",
    description: "Let this running gateway check the fragment together with all services",
    valueHint: "url",
  },
  branch: { type: "string", description: "The branch (default: the fragment's)", valueHint: "name" },
  fix: { type: "boolean", description: "Correct what has only one correction, in a JSON file" },
  json: { type: "boolean", description: "Print the report as JSON" },
  strict: { type: "boolean", description: "Fail on warnings too" },
} as const;

/**
 * `tidegate check FILE`: validates the fragments of a file and prints the reports. The exit code is 1 if a
 * fragment is refused; with `--strict`, also if a report has a warning (S1.7).
 */
export const checkCommand: CommandDef<typeof checkArgs> = defineCommand({
  meta: { name: "check", description: "Check a fragment before you publish it" },
  args: checkArgs,
  run: async ({ args, rawArgs }) => {
    refuseUnknownArguments(rawArgs, args, checkArgs);
    const reports = args.fix === true ? await fixAndCheck(args) : await checkFile(args);
    if (args.json === true) printLine(JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2));
    else printReports(reports, args.gateway === undefined);
    if (reports.some(isRefused)) process.exitCode = 1;
    else if (args.strict === true && reports.some(hasWarning)) {
      if (args.json !== true) printLine("\nThe command fails because of the warnings: --strict.");
      process.exitCode = 1;
    }
  },
});

/** A correction can show further findings, so a file is checked again after it was corrected. */
const maxFixRounds = 5;

/** Corrects a JSON file, prints what was corrected, and returns the reports on the result. */
async function fixAndCheck(args: CheckOptions): Promise<readonly LocatedReport[]> {
  for (let round = 0; ; round++) {
    const fragments = await readFragments(args.file);
    const [first] = fragments;
    if (first === undefined || !first.isJson) throw new UsageError("--fix corrects JSON files only.");
    const report = await checkFragment(first, args);
    const fixed = round < maxFixRounds ? await fixFile(first.path, args.file, report.findings) : [];
    if (fixed.length === 0) return [report];
    // With --json only the report is on standard output.
    for (const line of fixed) args.json === true ? printError(line) : printLine(line);
  }
}

async function checkFile(args: CheckOptions): Promise<readonly LocatedReport[]> {
  const reports: LocatedReport[] = [];
  for (const fragment of await readFragments(args.file)) reports.push(await checkFragment(fragment, args));
  return reports;
}

/** The options of the command that concern one fragment. */
interface CheckOptions {
  readonly file: string;
  readonly service?: string | undefined;
  readonly gateway?: string | undefined;
  readonly branch?: string | undefined;
  readonly json?: boolean | undefined;
}

async function checkFragment(
  fragment: FragmentInFile,
  { file, service, gateway, branch }: CheckOptions,
): Promise<LocatedReport> {
  const request = {
    fragment: fragment.fragment,
    service: service ?? fragment.service,
    ...(branch !== undefined && { branch }),
  };
  const report = gateway === undefined ? await checkLocally(request) : await requestCheck(gateway, request);
  return withSources(report, fragment, file);
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
    // Without services every action is unknown. Whether the gateway authenticates clients is unknown too.
    const findings = report.findings.filter(({ code }) => !["ACTION_UNKNOWN", "AUTH_MISSING"].includes(code));
    return { ...report, findings };
  } finally {
    await registry.stop();
  }
}

function hasWarning({ findings }: LocatedReport): boolean {
  return findings.some(({ severity }) => severity === "warning");
}

function printReports(reports: readonly LocatedReport[], local: boolean): void {
  printLine(reports.map((report) => reportText(report, hasColours())).join("\n\n"));
  if (!local || reports.some(isRefused)) return;
  const subject = reports.length === 1 ? "The fragment was" : "Each fragment was";
  printLine(`\n${subject} checked alone. To check against running services, add --gateway URL.`);
}
