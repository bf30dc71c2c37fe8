import { posix } from "node:path";
import { importsOf, packageOf, valueImportsOf } from "./imports.ts";
import type { Manifest, SourceText, WorkspacePackage } from "./repository.ts";

const ours = "@tidegate/";
const core = "@tidegate/core-registry";
const testkit = "@tidegate/plugin-testkit";
/** The plugins of the guides: they import what a third party can import. */
const examplePlugins = "apps/examples/plugins/";
const fragment = "@tidegate/fragment";
const service = "@tidegate/service-moleculer";

/** The packages of ours that can import each third-party package. Other third-party packages are free. */
export const owners: Readonly<Record<string, readonly string[]>> = {
  "isolated-vm": ["@tidegate/sandbox"],
  moleculer: ["@tidegate/broker-moleculer", service],
  h3: ["@tidegate/server-h3"],
  crossws: ["@tidegate/server-h3"],
  ws: ["@tidegate/server-h3"],
  "@fastify/busboy": ["@tidegate/server-h3"],
  graphql: ["@tidegate/protocol-graphql"],
  "graphql-jit": ["@tidegate/protocol-graphql"],
  "graphql-ws": ["@tidegate/protocol-graphql"],
  graphiql: ["@tidegate/protocol-graphql"],
};

/** The packages of ours that a package can import beside the core. */
const besideCore: Readonly<Record<string, readonly string[]>> = {
  "@tidegate/broker-moleculer": [service],
};

/** The packages that run without the core: services install them. */
const withoutCore: readonly string[] = [core, fragment, service];

/**
 * Tells whether the source of a package is allowed to import another package of ours. Every package can
 * import `fragment`, which has types only. Beside that, the core and the packages for services import none,
 * `broker-moleculer` imports the core and `service-moleculer`, every other package and the example plugins
 * the core alone. The gateway, the other examples and the tools import all.
 */
export function mayImport(folder: string, name: string, wanted: string): boolean {
  if (wanted === name) return false;
  if (!folder.startsWith("packages/") && !folder.startsWith(examplePlugins)) return true;
  if (wanted === fragment || besideCore[name]?.includes(wanted) === true) return true;
  return !withoutCore.includes(name) && wanted === core;
}

/** Returns one line for each import and dependency of a package that the rules do not allow. */
export function boundaryFaults(pkg: WorkspacePackage): string[] {
  return [
    ...manifestFaults(pkg),
    ...pkg.sources.flatMap((file) => sourceFaults(pkg, file)),
    ...testFaults(pkg),
  ];
}

/** Returns one line for each dependency that no source file of the package imports; types are exempt. */
export function unusedDependencies({ folder, manifest, sources }: WorkspacePackage): string[] {
  const used = (name: string): boolean =>
    sources.some(({ text }) => text.includes(`"${name}"`) || text.includes(`"${name}/`));
  return Object.keys(manifest.dependencies ?? {})
    .filter((name) => !name.startsWith("@types/") && !used(name))
    .map((name) => `${folder}/package.json: depends on ${name}, but nothing in src imports it`);
}

function manifestFaults({ folder, manifest }: WorkspacePackage): string[] {
  const needed = [...names(manifest.dependencies), ...names(manifest.peerDependencies)];
  const forTests = names(manifest.devDependencies).filter((name) => name !== testkit);
  const areFree = folder.startsWith(examplePlugins);
  return [...needed, ...(areFree ? [] : forTests)]
    .filter((name) => name.startsWith(ours) && !mayImport(folder, manifest.name, name))
    .map((name) => `${folder}/package.json: ${manifest.name} may not depend on ${name}`);
}

function sourceFaults({ folder, manifest }: WorkspacePackage, file: SourceText): string[] {
  return importsOf(file).flatMap((specifier) => {
    const wanted = packageOf(specifier);
    if (wanted === undefined) return leaves(`${folder}/src`, file, specifier);
    const allowed = owners[wanted];
    if (allowed !== undefined && isPart(folder) && !allowed.includes(manifest.name))
      return [`${file.path}: only ${allowed.join(" and ")} may import ${wanted}`];
    if (wanted === fragment && valueImportsOf(file).includes(specifier))
      return [`${file.path}: ${wanted} has types only, so use "import type" or "export type"`];
    if (wanted.startsWith(ours) && !mayImport(folder, manifest.name, wanted))
      return [`${file.path}: ${manifest.name} may not import ${wanted}`];
    return [];
  });
}

function testFaults({ folder, manifest, tests }: WorkspacePackage): string[] {
  // Tests of the example plugins start a whole gateway.
  const areFree = folder.startsWith(examplePlugins);
  return tests.flatMap((file) =>
    importsOf(file).flatMap((specifier) => {
      const wanted = packageOf(specifier);
      if (wanted === undefined) return leaves(folder, file, specifier);
      if (!wanted.startsWith(ours) || wanted === testkit || wanted === manifest.name) return [];
      return areFree || mayImport(folder, manifest.name, wanted)
        ? []
        : [`${file.path}: tests of ${manifest.name} may not import ${wanted}`];
    }),
  );
}

/** Tells whether a folder is bound by `owners`: examples and tools can import every third-party package. */
function isPart(folder: string): boolean {
  return folder.startsWith("packages/") || folder === "apps/gateway";
}

function leaves(folder: string, file: SourceText, specifier: string): string[] {
  if (!specifier.startsWith(".")) return [];
  const target = posix.join(posix.dirname(file.path), specifier);
  return target.startsWith(`${folder}/`) ? [] : [`${file.path}: ${specifier} leaves ${folder}`];
}

function names(dependencies: Manifest["dependencies"]): string[] {
  return Object.keys(dependencies ?? {});
}
