import { afterAll, beforeAll, expect, type TestContext } from "vitest";
import type { NodeVersion } from "../src/node-versions.ts";
import { build } from "../src/packages.ts";
import { createWorkspace, type Project, type Workspace } from "../src/project.ts";

/** Milliseconds for a test that packs, compiles and starts processes on a busy machine. */
export const slow = 180_000;

/**
 * Builds, packs and installs our packages before the tests of a file. Returns a function that creates a
 * project with them.
 * @param names the packages that are built
 * @param links more packages that the projects use
 */
export function installBefore(
  names: readonly string[],
  links: readonly string[] = [],
): (name: string, type?: "commonjs" | "module") => Promise<Project> {
  let workspace: Workspace | undefined;
  beforeAll(async () => {
    for (const name of names) await build(name);
    workspace = await createWorkspace(links);
  }, slow);
  afterAll(() => workspace?.remove());
  return (name, type) => {
    if (workspace === undefined) throw new Error("The packages are installed before the tests only.");
    return workspace.project(name, type);
  };
}

/** Skips a test whose Node is not installed; in CI it fails. */
export function needNode(context: TestContext, { major, isInstalled }: NodeVersion): void {
  if (isInstalled) return;
  const reason = `Node ${major} is not installed: npx pnpm install`;
  expect(process.env.CI, reason).toBeFalsy();
  context.skip(reason);
}
