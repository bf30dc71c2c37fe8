import { stripVTControlCharacters, styleText } from "node:util";
import type { Change, ChangeLevel } from "../../contracts/report.ts";
import type { VersionDifference, VersionName } from "../contract.ts";

type Colour = "red" | "yellow" | "green" | "bold" | "dim";
type Paint = (colour: Colour, text: string) => string;

/** Options of `differenceText`: how the text is printed. */
export interface DifferenceTextOptions {
  /** Whether to use colours, for a terminal. */
  readonly colour: boolean;
}

const signs: Readonly<Record<Change["kind"], string>> = { added: "+", removed: "-", changed: "~" };
const levels: readonly ChangeLevel[] = ["breaking", "dangerous", "safe"];
const colours: Readonly<Record<ChangeLevel, Colour>> = {
  breaking: "red",
  dangerous: "yellow",
  safe: "green",
};
const longestLevel = Math.max(...levels.map((level) => level.length));

/**
 * Formats a difference as text: a headline with both versions and the highest level, then the changes of each
 * service, breaking ones first. The text has no line feed at its end.
 */
export function differenceText(difference: VersionDifference, { colour }: DifferenceTextOptions): string {
  const paint: Paint = colour
    ? (name, text) => styleText(name, text, { validateStream: false })
    : (_, text) => text;
  const services = Map.groupBy(difference.changes, ({ service }) => service);
  const groups = [...services].map(([service, changes]) =>
    [heading(service, paint), ...changeLines(changes, paint)].join("\n"),
  );
  return [headline(difference, paint), ...groups].join("\n\n");
}

function headline({ before, after, level, changes }: VersionDifference, paint: Paint): string {
  const versions = paint("bold", `${formatVersion(before)}..${formatVersion(after)}`);
  if (level === "none") return `${versions}: no changes`;
  const counts = levels.flatMap((each) => {
    const count = changes.filter((change) => change.level === each).length;
    return count === 0 ? [] : [`${count} ${each}`];
  });
  return `${versions}: ${paint(colours[level], level)} (${counts.join(", ")})`;
}

function heading(service: string | undefined, paint: Paint): string {
  return service === undefined ? paint("dim", "several services") : paint("bold", printable(service));
}

// Successive changes of one endpoint share one line, followed by the detail of each.
function changeLines(changes: readonly Change[], paint: Paint): string[] {
  let previous = "";
  return changes.flatMap((change) => {
    const line = changeLine(change, paint);
    const lines = line === previous ? [] : [line];
    previous = line;
    return change.detail === undefined ? lines : [...lines, `      ${printable(change.detail)}`];
  });
}

function changeLine({ kind, plugin, label, level }: Change, paint: Paint): string {
  const sign = paint(colours[level], `${signs[kind]} ${level.padEnd(longestLevel)}`);
  return `  ${sign}  ${printable(label)} ${paint("dim", `(${printable(plugin)})`)}`;
}

function formatVersion({ branch, tag }: VersionName): string {
  return printable(`${branch}@${tag}`);
}

/** Texts of services are printed as one line, without control characters that could control the terminal. */
function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\p{Cc}/gu, "\u{fffd}");
}
