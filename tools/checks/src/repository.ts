import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the repository's root package, absolute. */
export const root: string = join(import.meta.dirname, "../../..");

/** The part of a `package.json` that the checks read. */
export interface Manifest {
  readonly name: string;
  /** True for a package that is never published. */
  readonly private?: boolean;
  /** Packages that it needs to run: name to range. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Packages that the user installs: name to range. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** Packages that only its tests need: name to range. */
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** The commands of the package: name to shell line. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** A text file of the repository, with its path. */
export interface SourceText {
  /** Its path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A package of the workspace, with the text of its files. */
export interface WorkspacePackage {
  /** The folder from the root, for example `packages/sandbox`. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly sources: readonly SourceText[];
  readonly tests: readonly SourceText[];
}

/**
 * Reads a file, named by its path from the root.
 * @param checkout another checkout to read from; default: this one
 */
export function read(path: string, checkout: string = root): string {
  return readFileSync(join(checkout, path), "utf8");
}

/**
 * Returns the files that a glob pattern finds, sorted, as paths from the root; `node_modules` and `dist` are
 * left out.
 * @param checkout another checkout to search; default: this one
 */
export function find(pattern: string, checkout: string = root): string[] {
  const exclude = (path: string): boolean => /(^|\/)(node_modules|dist)$/.test(path);
  return globSync(pattern, { cwd: checkout, exclude }).sort();
}

/**
 * Reads the `package.json` of a folder; throws where there is none.
 * @param checkout another checkout to read from; default: this one
 */
export function readManifest(folder: string, checkout: string = root): Manifest {
  return JSON.parse(read(join(folder, "package.json"), checkout));
}

/**
 * Reads every package of the workspace with its files, sorted by folder.
 * @param checkout another checkout to read from; default: this one
 */
export function readPackages(checkout: string = root): WorkspacePackage[] {
  return find(
    "{packages/*,apps/gateway,apps/examples/*,apps/examples/plugins/*,tools/*}/package.json",
    checkout,
  ).map((path) => {
    const folder = dirname(path);
    const files = (part: string): SourceText[] =>
      find(`${folder}/${part}/**/*.ts`, checkout).map((file) => ({ path: file, text: read(file, checkout) }));
    return { folder, manifest: readManifest(folder, checkout), sources: files("src"), tests: files("test") };
  });
}
