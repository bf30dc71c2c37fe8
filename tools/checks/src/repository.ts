import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the repository's root package, absolute. */
export const root: string = join(import.meta.dirname, "../../..");

/** The part of a `package.json` that the checks read. */
export interface Manifest {
  /** The package's name. */
  readonly name: string;
  /** True for what is never published. */
  readonly private?: boolean;
  /** What the package needs to run: name to range. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** What its user brings: name to range. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** What only its tests need: name to range. */
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** Its commands: name to shell line. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** One TypeScript file of the repository. */
export interface SourceText {
  /** Its path from the root, with `/`. */
  readonly path: string;
  /** What is in it. */
  readonly text: string;
}

/** One package of the workspace. */
export interface WorkspacePackage {
  /** Its folder from the root: `packages/sandbox`. */
  readonly folder: string;
  /** Its `package.json`. */
  readonly manifest: Manifest;
  /** The files under `src`. */
  readonly sources: readonly SourceText[];
  /** The files under `test`. */
  readonly tests: readonly SourceText[];
}

/** Reads a file, named by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The files under the root that a glob pattern finds, sorted; `node_modules` and `dist` are left out. */
export function find(pattern: string): string[] {
  return globSync(pattern, { cwd: root, exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path) }).sort();
}

/** The `package.json` of a folder; throws where there is none. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(read(join(folder, "package.json")));
}

/** Every package of the workspace with its files, sorted by folder. */
export function readPackages(): WorkspacePackage[] {
  return find("{packages/*,apps/gateway,apps/examples/*,tools/*}/package.json").map((path) => {
    const folder = dirname(path);
    const files = (part: string): SourceText[] =>
      find(`${folder}/${part}/**/*.ts`).map((file) => ({ path: file, text: read(file) }));
    return { folder, manifest: readManifest(folder), sources: files("src"), tests: files("test") };
  });
}
