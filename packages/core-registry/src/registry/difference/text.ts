import { styleText } from "node:util";
import type { Change, ChangeLevel } from "../../contracts/report.ts";
import type { VersionDifference, VersionName } from "../contract.ts";
import { printable } from "./aspect.ts";

type Colour = "red" | "yellow" | "green" | "bold" | "dim";
type Paint = (colour: Colour, text: string) => string;

/** How the text is to look. */
export interface DifferenceTextOptions {
  /** Whether it has colours, for a terminal. */
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
 * A difference as text for people: both versions and the heaviest level, then each service with its changes, heaviest
 * first. No line feed at its end.
 */
export function differenceText(difference: VersionDifference, { colour }: DifferenceTextOptions): string {
  const paint: Paint = colour
    ? (name, text) => styleText(name, text, { validateStream: false })
    : (_, text) => text;
  const groups = [...byService(difference.changes)].map(([service, changes]) =>
    [heading(service, paint), ...changeLines(changes, paint)].join("\n"),
  );
  return [headline(difference, paint), ...groups].join("\n\n");
}

function headline({ before, after, level, changes }: VersionDifference, paint: Paint): string {
  const versions = paint("bold", `${nameOf(before)}..${nameOf(after)}`);
  if (level === "none") return `${versions}: nothing differs`;
  const counts = levels.flatMap((each) => {
    const count = changes.filter((change) => change.level === each).length;
    return count === 0 ? [] : [`${count} ${each}`];
  });
  return `${versions}: ${paint(colours[level], level)} (${counts.join(", ")})`;
}

function byService(changes: readonly Change[]): ReadonlyMap<string | undefined, readonly Change[]> {
  return Map.groupBy(changes, ({ service }) => service);
}

function heading(service: string | undefined, paint: Paint): string {
  return service === undefined ? paint("dim", "of no single service") : paint("bold", printable(service));
}

// Of one endpoint several things may have changed: it is named once.
function changeLines(changes: readonly Change[], paint: Paint): string[] {
  let before = "";
  return changes.flatMap((change) => {
    const line = changeLine(change, paint);
    const told = line === before ? [] : [line];
    before = line;
    return change.detail === undefined ? told : [...told, `      ${printable(change.detail)}`];
  });
}

function changeLine({ kind, plugin, label, level }: Change, paint: Paint): string {
  const weight = paint(colours[level], `${signs[kind]} ${level.padEnd(longestLevel)}`);
  return `  ${weight}  ${printable(label)} ${paint("dim", `(${printable(plugin)})`)}`;
}

function nameOf({ branch, tag }: VersionName): string {
  return printable(`${branch}@${tag}`);
}
