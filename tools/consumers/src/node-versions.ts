import { existsSync } from "node:fs";
import { join } from "node:path";

/** A version of Node that services can use. */
export interface NodeVersion {
  readonly major: string;
  readonly path: string;
  /** Whether the binary is there. Its package downloads it when it is installed. */
  readonly isInstalled: boolean;
}

/**
 * The versions of Node that services are tested with: the oldest of services, the oldest of gateways, and the
 * one of this repository.
 */
export const nodeVersions: readonly NodeVersion[] = ["22", "24", "26"].map((major) => {
  const isOurs = process.versions.node.startsWith(`${major}.`);
  const path = isOurs
    ? process.execPath
    : join(import.meta.dirname, `../node_modules/node-${major}/bin/node`);
  return { major, path, isInstalled: existsSync(path) };
});
