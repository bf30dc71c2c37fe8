import { styleText } from "node:util";
import type { TracedFile } from "./coverage.ts";

/** The numbers of each package, the functions of each file, and the totals. */
export function summaryOf(files: readonly TracedFile[]): string {
  const packages = [...Map.groupBy(files, ({ path }) => packageOf(path))].map(([name, ofPackage]) => {
    const lines = ofPackage.flatMap(({ path, functions }) => [
      `  ${styleText("cyan", path)} ${functions.length}`,
      `    ${functions.map((each) => each.name).join(", ")}`,
    ]);
    return [`${styleText("bold", name)}: ${totalOf(ofPackage)}`, ...lines, ""];
  });
  return [...packages.flat(), ...totalsOf(files)].join("\n");
}

/** One line for each function, and the totals. */
export function listOf(files: readonly TracedFile[]): string {
  const lines = files.flatMap(({ path, functions }) =>
    functions.map(({ name, line }) => `${styleText("cyan", `${path}:${line}`)} ${name}`),
  );
  return [...lines, ...totalsOf(files)].join("\n");
}

/** Formats the traced files of an event as indented JSON. */
export function jsonOf(event: string, files: readonly TracedFile[]): string {
  return JSON.stringify(
    {
      event,
      files: files.length,
      functions: functionCount(files),
      packages: [...Map.groupBy(files, ({ path }) => packageOf(path))].map(([name, ofPackage]) => ({
        name,
        files: ofPackage,
      })),
    },
    null,
    2,
  );
}

/** The number of functions with a name, and as the last line that of all functions. */
function totalsOf(files: readonly TracedFile[]): string[] {
  const named = files
    .map(({ path, functions }) => ({ path, functions: functions.filter(({ hasName }) => hasName) }))
    .filter(({ functions }) => functions.length > 0);
  return [`with a name: ${totalOf(named)}`, styleText("bold", totalOf(files))];
}

function totalOf(files: readonly TracedFile[]): string {
  return `${files.length} files, ${functionCount(files)} functions`;
}

function functionCount(files: readonly TracedFile[]): number {
  return files.reduce((sum, { functions }) => sum + functions.length, 0);
}

/** Returns the folder of a file's package, such as `packages/sandbox`. */
function packageOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}
