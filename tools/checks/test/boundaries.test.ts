import { describe, expect, test } from "vitest";
import { boundaryFaults, unusedDependencies } from "../src/boundaries.ts";
import type { WorkspacePackage } from "../src/repository.ts";
import { readPackages } from "../src/repository.ts";

const packages = readPackages();

describe("who may import whom", () => {
  test.each(packages.map((pkg) => [pkg.folder, pkg] as const))("%s keeps the boundaries", (_, pkg) => {
    expect(boundaryFaults(pkg)).toEqual([]);
  });

  test.each(packages.map((pkg) => [pkg.folder, pkg] as const))("%s imports what it depends on", (_, pkg) => {
    expect(unusedDependencies(pkg)).toEqual([]);
  });
});

describe("the check sees", () => {
  test("a dependency that is not allowed", () => {
    expect(boundaryFaults(sample({ dependencies: { "@tidegate/sandbox": "workspace:^" } }, {}))).toEqual([
      "packages/policy-x/package.json: @tidegate/policy-x may not depend on @tidegate/sandbox",
    ]);
  });

  test("an import that is not allowed, also of a type", () => {
    const pkg = sample({}, { source: 'type Sandbox = import("@tidegate/sandbox").Sandbox;' });
    expect(boundaryFaults(pkg)).toEqual([
      "packages/policy-x/src/a.ts: @tidegate/policy-x may not import @tidegate/sandbox",
    ]);
  });

  test("the testkit in source, though tests may use it", () => {
    const text = 'import { memoryBroker } from "@tidegate/plugin-testkit";';
    expect(boundaryFaults(sample({}, { source: text }))).toHaveLength(1);
    expect(boundaryFaults(sample({}, { test: text }))).toEqual([]);
  });

  test("a third party's package that belongs to another", () => {
    const [fault] = boundaryFaults(sample({}, { source: 'await import("moleculer");' }));
    expect(fault).toMatch(
      /only @tidegate\/broker-moleculer and @tidegate\/service-moleculer may import moleculer$/,
    );
  });

  test("a relative path into another package", () => {
    expect(boundaryFaults(sample({}, { source: 'export * from "../../sandbox/src/index.ts";' }))).toEqual([
      "packages/policy-x/src/a.ts: ../../sandbox/src/index.ts leaves packages/policy-x/src",
    ]);
  });

  test("one of ours in a test", () => {
    expect(boundaryFaults(sample({}, { test: 'import "@tidegate/sandbox";' }))).toEqual([
      "packages/policy-x/test/a.test.ts: tests of @tidegate/policy-x may not import @tidegate/sandbox",
    ]);
  });

  test("that the core imports none of ours", () => {
    const pkg = sample({ name: "@tidegate/core-registry" }, { source: 'import "@tidegate/catalog";' });
    expect(boundaryFaults({ ...pkg, folder: "packages/core-registry" })).toContain(
      "packages/policy-x/src/a.ts: @tidegate/core-registry may not import @tidegate/catalog",
    );
  });

  test("that only broker-moleculer imports service-moleculer", () => {
    const text = 'import { readNodeId } from "@tidegate/service-moleculer/wire";';
    expect(boundaryFaults(sample({}, { source: text }))).toHaveLength(1);
    expect(boundaryFaults(sample({ name: "@tidegate/broker-moleculer" }, { source: text }))).toEqual([]);
  });

  test("that service-moleculer imports nothing of the core, not even a type", () => {
    const text = 'import type { Report } from "@tidegate/core-registry";';
    expect(boundaryFaults(sample({ name: "@tidegate/service-moleculer" }, { source: text }))).toEqual([
      "packages/policy-x/src/a.ts: @tidegate/service-moleculer may not import @tidegate/core-registry",
    ]);
  });

  test.each(["@tidegate/core-registry", "@tidegate/service-moleculer", "@tidegate/policy-x"])(
    "that %s imports types of fragment only",
    (name) => {
      const faults = (source: string) => boundaryFaults(sample({ name }, { source }));
      expect(faults('export type * from "@tidegate/fragment";')).toEqual([]);
      expect(faults('import type { Json } from "@tidegate/fragment";')).toEqual([]);
      for (const text of [
        'import { type Json } from "@tidegate/fragment";',
        'export * from "@tidegate/fragment";',
        'export { type Json } from "@tidegate/fragment";',
        'await import("@tidegate/fragment");',
      ])
        expect(faults(text)).toEqual([expect.stringContaining("@tidegate/fragment has types only")]);
    },
  );

  test("a dependency that nothing imports", () => {
    expect(unusedDependencies(sample({ dependencies: { zod: "catalog:" } }, {}))).toEqual([
      "packages/policy-x/package.json: depends on zod, but nothing in src imports it",
    ]);
  });
});

function sample(
  manifest: Partial<WorkspacePackage["manifest"]>,
  { source = "", test = "" }: { readonly source?: string; readonly test?: string },
): WorkspacePackage {
  return {
    folder: "packages/policy-x",
    manifest: { name: "@tidegate/policy-x", ...manifest },
    sources: [{ path: "packages/policy-x/src/a.ts", text: source }],
    tests: [{ path: "packages/policy-x/test/a.test.ts", text: test }],
  };
}
