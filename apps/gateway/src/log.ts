import type { Change, Finding, Logger, Report } from "@tidegate/core-registry";
import { isPublic, type Registry, type VersionSwap } from "@tidegate/core-registry/registry";
import { count, printable } from "./text.ts";

/** A message lists at most this many changes or findings below its title; more are counted. */
const maxLines = 10;

const signs = { added: "+", removed: "-", changed: "~" } as const;

/**
 * Logs every new version with its changes, and the report of every fragment that was refused, waits, or
 * failed at run time. Returns a function that stops the logging.
 */
export function logRegistry(registry: Pick<Registry, "onSwap" | "onReport">, logger: Logger): () => void {
  const unsubscribers = [
    registry.onSwap((swap) => logger.info(swapText(swap))),
    registry.onReport((report) => logReport(report, logger)),
  ];
  return () => {
    for (const unsubscribe of unsubscribers) unsubscribe();
  };
}

/**
 * A new version as text: `master 7a2db312 (3 services)`, then a line such as `+ GET /players/:id  player` per
 * change. Of more than ten changes, those that break clients are listed, and the others counted by service.
 */
export function swapText({ branch, version, changes }: VersionSwap): string {
  const title = `${branch} ${version.name} (${count(version.fragments.length, "service")})`;
  return printable([title, ...changeLines(changes)].join("\n"));
}

/**
 * A report in short: the result, and one line for all findings that say the same. The service's own log shows
 * the code frames.
 */
export function reportSummary(report: Report): string {
  const title = `${report.service}: ${resultText(report)} on ${report.branch}`;
  return printable([title, ...findingLines(report.findings)].join("\n"));
}

function logReport(report: Report, logger: Logger): void {
  if (report.occasion === "runtime") {
    if (report.findings.length > 0) logger.warn(reportSummary(report));
  } else if (report.state === "failed") logger.error(reportSummary(report));
  else if (report.state === "waiting") logger.warn(reportSummary(report));
}

function resultText({ occasion, state }: Report): string {
  if (occasion === "runtime") return "problem at run time";
  if (state === "failed") return occasion === "merge" ? "fragment refused" : "removal failed";
  return `fragment ${state}`;
}

function changeLine({ kind, label, service, level, detail }: Change): string {
  const breaking = level === "breaking" && kind === "changed" ? "(breaking)" : undefined;
  const parts = [`${signs[kind]} ${label}`, service, breaking, detail === isPublic ? "public" : detail];
  return `  ${parts.filter((part) => part !== undefined).join("  ")}`;
}

function findingLine({ severity, jsonPath, message, hint, line, column }: Finding): string {
  const place = line === undefined ? jsonPath : `${jsonPath}:${line}:${column ?? 1}`;
  const text = hint === undefined ? message : `${message} ${hint}`;
  return `  ${[severity, place, text].filter((part) => part !== "").join("  ")}`;
}

function changeLines(changes: readonly Change[]): readonly string[] {
  if (changes.length <= maxLines) return changes.map(changeLine);
  const breaking = changes.filter(({ level }) => level === "breaking");
  const others = changes.filter(({ level }) => level !== "breaking");
  const groups = Map.groupBy(
    others,
    ({ service, kind }) => `${kind}${service === undefined ? "" : `  ${service}`}`,
  );
  return [
    ...breaking.slice(0, maxLines).map(changeLine),
    ...(breaking.length > maxLines
      ? [`  ... and ${breaking.length - maxLines} more that break clients`]
      : []),
    ...[...groups].flatMap(([title, [first, ...rest]]) =>
      first === undefined ? [] : [`  ${signs[first.kind]} ${1 + rest.length} ${title}`],
    ),
  ];
}

/** Findings that say the same become one line, with the number of their places. */
function findingLines(findings: readonly Finding[]): readonly string[] {
  const groups = [...Map.groupBy(findings, ({ severity, message }) => `${severity} ${message}`).values()];
  const rest = groups.slice(maxLines).flat().length;
  return [
    ...groups
      .slice(0, maxLines)
      .flatMap(([first, ...others]) =>
        first === undefined
          ? []
          : [
              others.length === 0
                ? findingLine(first)
                : `${findingLine(first)} (and ${others.length} more places)`,
            ],
      ),
    ...(rest > 0 ? [`  ... and ${count(rest, "other finding")}`] : []),
  ];
}
