import {
  type Change,
  type Finding,
  isPublic,
  type Logger,
  type Registry,
  type Report,
  type VersionSwap,
} from "@tidegate/core-registry";
import { count, printable } from "./text.ts";

/** Lines of one message beyond this many are counted, not written. */
const lineLimit = 40;

const signs = { added: "+", removed: "-", changed: "~" } as const;

/**
 * Writes what a registry does as a person wants it: each version as it begins to be served with what it changed,
 * and each fragment that was refused, one line a fault. Returns what ends it.
 */
export function logRegistry(registry: Pick<Registry, "onSwap" | "onReport">, logger: Logger): () => void {
  const endings = [
    registry.onSwap((mounted) => logger.info(mountText(mounted))),
    registry.onReport((report) => logReport(report, logger)),
  ];
  return () => {
    for (const end of endings) end();
  };
}

/**
 * `master 7a2db312 (3 services)`, and below it `+ GET /players/:id  player` for each change.
 */
export function mountText({ branch, version, changes }: VersionSwap): string {
  const title = `${branch} ${version.name} (${count(version.fragments.length, "service")})`;
  return printable([title, ...limited(changes.map(changeLine))].join("\n"));
}

/** A report in short: what became of the fragment, and one line a finding. Its code frames are in the service's own log. */
export function reportText(report: Report): string {
  const title = `${report.service}: ${outcome(report)} on ${report.branch}`;
  return printable([title, ...limited(report.findings.map(findingLine))].join("\n"));
}

function logReport(report: Report, logger: Logger): void {
  if (report.occasion === "runtime") {
    if (report.findings.length > 0) logger.warn(reportText(report));
  } else if (report.state === "failed") logger.error(reportText(report));
  else if (report.state === "waiting") logger.warn(reportText(report));
}

function outcome({ occasion, state }: Report): string {
  if (occasion === "runtime") return "trouble while it is served";
  if (state === "failed") return occasion === "merge" ? "fragment refused" : "removal failed";
  return `fragment ${state}`;
}

function changeLine({ kind, label, service, level, detail }: Change): string {
  const said = detail === isPublic ? "public" : detail;
  const more = [service, level === "breaking" && kind === "changed" ? "(breaking)" : undefined, said];
  return `  ${[`${signs[kind]} ${label}`, ...more.filter((part) => part !== undefined)].join("  ")}`;
}

function findingLine({ severity, jsonPath, message, hint, line, column }: Finding): string {
  const place = line === undefined ? jsonPath : `${jsonPath}:${line}:${column ?? 1}`;
  return `  ${severity}  ${place === "" ? "" : `${place}  `}${message}${hint === undefined ? "" : ` ${hint}`}`;
}

function limited(lines: readonly string[]): readonly string[] {
  if (lines.length <= lineLimit) return lines;
  return [...lines.slice(0, lineLimit), `  ... and ${lines.length - lineLimit} more`];
}
