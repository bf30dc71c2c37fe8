import type { SourceText, WorkspacePackage } from "../repository.ts";

/** The sources of one package, or of one folder of the core. */
export interface Layer {
  readonly name: string;
  /** The number of its TypeScript files. */
  readonly files: number;
  /** The number of their lines, comments and empty lines included. */
  readonly lines: number;
  /** The number of lines of the longest file. */
  readonly longest: number;
}

/** Returns files and lines of every package, and of every folder directly under `src` of the core. */
export function layersOf(packages: readonly WorkspacePackage[]): Layer[] {
  return packages.flatMap(({ folder, sources }) => {
    const whole = measure(folder, sources);
    if (folder !== "packages/core-registry") return [whole];
    const parts = Map.groupBy(sources, ({ path }) =>
      path
        .split("/")
        .slice(0, path.split("/").length > 4 ? 4 : 3)
        .join("/"),
    );
    return [whole, ...[...parts].sort().map(([part, files]) => measure(part, files))];
  });
}

function measure(name: string, files: readonly SourceText[]): Layer {
  const lines = files.map(({ text }) => text.split("\n").length - (text.endsWith("\n") ? 1 : 0));
  return {
    name,
    files: files.length,
    lines: lines.reduce((total, count) => total + count, 0),
    longest: Math.max(0, ...lines),
  };
}
