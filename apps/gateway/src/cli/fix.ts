import { readFile, writeFile } from "node:fs/promises";
import type { Finding } from "@tidegate/core-registry";
import { type LocatedValue, locateExported, parseJsonPath } from "@tidegate/service-moleculer/source";
import { printable } from "../text.ts";

/** A replacement in the text of a file. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Describes the replacement, without the file. */
  readonly description: string;
}

/**
 * Applies the corrections of findings to a JSON file. Everything else of its text stays as it is.
 * @param path the absolute path
 * @param name the file as the user named it
 * @returns what was changed, a line each
 */
export async function fixFile(path: string, name: string, findings: readonly Finding[]): Promise<string[]> {
  const edits = new Map<number, Edit>();
  for (const finding of findings.filter(isOnlyFix)) {
    const edit = editOf(path, finding);
    if (edit !== undefined && !edits.has(edit.start)) edits.set(edit.start, edit);
  }
  if (edits.size === 0) return [];
  const sorted = [...edits.values()].sort((one, other) => one.start - other.start);
  await writeFile(path, applied(await readFile(path, "utf8"), sorted));
  return sorted.map(({ description }) => printable(`fixed ${name}:${description}`));
}

/** Two members cannot get one name: which of them it belongs to is not certain. */
function isOnlyFix(finding: Finding, _: number, all: readonly Finding[]): boolean {
  const target = targetOf(finding);
  return target === undefined || all.filter((other) => targetOf(other) === target).length === 1;
}

/** The member that a correction creates; undefined where it creates none. */
function targetOf({ jsonPath, fix }: Finding): string | undefined {
  if (fix === undefined || !("rename" in fix)) return undefined;
  return JSON.stringify([...parseJsonPath(jsonPath).slice(0, -1), fix.rename]);
}

function editOf(path: string, { jsonPath, fix }: Finding): Edit | undefined {
  if (fix === undefined) return undefined;
  const located = locateExported(path, parseJsonPath(jsonPath));
  if (located === undefined || !located.exact) return undefined;
  const replacement = "rename" in fix ? fix.rename : fix.value;
  const [start, end] = "rename" in fix ? located.key : located.value;
  const text = JSON.stringify(replacement);
  return { start, end, text, description: descriptionOf(located, located.text.slice(start, end), text) };
}

function descriptionOf({ line, column }: LocatedValue, before: string, after: string): string {
  return `${line}:${column}  ${before} -> ${after}`;
}

function applied(text: string, edits: readonly Edit[]): string {
  return edits.reduceRight(
    (changed, { start, end, text: replacement }) =>
      changed.slice(0, start) + replacement + changed.slice(end),
    text,
  );
}
