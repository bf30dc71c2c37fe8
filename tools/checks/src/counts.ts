import { resolve } from "node:path";
import { exportedValues } from "./counts/exported-values.ts";
import { longFunctions } from "./counts/functions.ts";
import { layersOf } from "./counts/layers.ts";
import { dialectCounts } from "./counts/words.ts";
import { docstringsOf, shortDocstring } from "./docstrings.ts";
import { find, read, readPackages, root } from "./repository.ts";

/** The entry whose exported values are counted. */
const coreEntry = "packages/core-registry/src/index.ts";

/** A function over this many lines is listed. */
const longFunction = 60;

/**
 * Counts what the rules of the language are about, in the sources of a checkout, and returns it as Markdown.
 */
export function counts(checkout: string): string {
  const packages = readPackages(checkout);
  const sources = packages
    .flatMap((pkg) => pkg.sources)
    .filter(({ path }) => !path.startsWith("tools/checks/"));
  const words = dialectCounts(sources);
  const docstrings = sources.flatMap(docstringsOf);
  const short = docstrings.filter(({ words: { length } }) => length <= shortDocstring);
  const values = exportedValues(
    coreEntry,
    (path) => find(path, checkout).map((found) => read(found, checkout))[0],
  );
  const functions = sources.flatMap((file) => longFunctions(file, longFunction));
  return [
    section("Words of the old dialect", [
      ...table(
        ["words", "use", "identifiers", "comments"],
        words.filter((row) => row.identifiers + row.comments > 0).map((row) => Object.values(row)),
      ),
      `Total: ${sum(words.map((row) => row.identifiers))} in identifiers, ${sum(words.map((row) => row.comments))} in comments.`,
    ]),
    section("Docstrings", [
      `${docstrings.length}, of which ${short.length} have at most ${shortDocstring} words (${share(short.length, docstrings.length)}).`,
    ]),
    section("Files and lines", [
      ...table(
        ["layer", "files", "lines", "longest"],
        layersOf(packages).map(({ name, files, lines, longest }) => [name, files, lines, longest]),
      ),
    ]),
    section(`Exported values of ${coreEntry}`, [`${values.length}: ${values.join(", ")}`]),
    section(`Functions over ${longFunction} lines`, [
      `${functions.length}`,
      ...functions.map(({ name, path, line, lines }) => `- ${path}:${line} ${name}: ${lines} lines`),
    ]),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string {
  return `## ${title}\n\n${lines.join("\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function share(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;
}

if (import.meta.main) console.log(counts(resolve(process.argv[2] ?? root)));
