import { describe, expect, test } from "vitest";
import { exportedValues } from "../src/counts/exported-values.ts";
import { coreSource, entryFaults, layerFaults, layers } from "../src/layers.ts";
import { read, readPackages } from "../src/repository.ts";

const packages = readPackages();
const core = packages.find(({ folder }) => folder === "packages/core-registry");

describe("the layers of the core", () => {
  test("import downwards only", () => {
    expect(core?.sources.flatMap(layerFaults)).toEqual([]);
  });

  test("hold every file of the core", () => {
    const outside = core?.sources.filter(
      ({ path }) =>
        path !== `${coreSource}/index.ts` &&
        !layers.some((layer) => path.startsWith(`${coreSource}/${layer}/`)),
    );
    expect(outside).toEqual([]);
  });

  test("are small where plugin authors look: the root entry has at most 25 values", () => {
    const values = exportedValues(`${coreSource}/index.ts`, read);
    expect(values.length).toBeLessThanOrEqual(25);
    expect(values).toContain("TidegateError");
  });

  test.each(
    packages
      .filter(({ folder }) => folder.startsWith("packages/") && folder !== "packages/core-registry")
      .map((pkg) => [pkg.folder, pkg] as const),
  )("%s imports the public entries only", (_, { sources }) => {
    expect(sources.flatMap(entryFaults)).toEqual([]);
  });
});

describe("the check sees", () => {
  const file = (path: string, text: string) => ({ path: `${coreSource}/${path}`, text });

  test("a contract that imports the registry, also a type", () => {
    const text = 'import type { Ledger } from "../registry/ledger/ledger.ts";';
    expect(layerFaults(file("contracts/broker.ts", text))).toEqual([
      `${coreSource}/contracts/broker.ts: the layer contracts must not import ../registry/ledger/ledger.ts of the higher layer registry`,
    ]);
  });

  test("a root entry that exports more than contracts", () => {
    expect(layerFaults(file("index.ts", 'export * from "./runtime/index.ts";'))).toHaveLength(1);
  });

  test("no fault in an import of a lower layer", () => {
    expect(layerFaults(file("registry/registry.ts", 'import "../contracts/clock.ts";'))).toEqual([]);
  });

  test("a package that reaches for the registry", () => {
    const text = 'import { createRegistry } from "@tidegate/core-registry/registry";';
    expect(entryFaults({ path: "packages/policy-x/src/a.ts", text })).toHaveLength(1);
    const allowed = 'import { isObject } from "@tidegate/core-registry/runtime";';
    expect(entryFaults({ path: "packages/policy-x/src/a.ts", text: allowed })).toEqual([]);
  });
});
