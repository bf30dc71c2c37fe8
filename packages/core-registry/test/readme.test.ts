import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { RegistryOptions } from "../src/registry/contract.ts";

test("the README lists every option of createRegistry", () => {
  const options: Record<keyof RegistryOptions, true> = {
    gateway: true,
    brokers: true,
    protocols: true,
    policies: true,
    disabledPolicies: true,
    sandbox: true,
    contexts: true,
    reserved: true,
    logger: true,
    clock: true,
    debounceSeconds: true,
    lostSeconds: true,
    breakingChanges: true,
    examples: true,
    maxCompiled: true,
    maxVersions: true,
    maxUnusedSeconds: true,
    readyAfterSeconds: true,
    expect: true,
    listening: true,
    pluginTimeoutSeconds: true,
  };
  const page = readFileSync(new URL("../README.md", import.meta.url), "utf8").split("## Options")[1] ?? "";
  const named = page
    .split("\n")
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.keys(options).sort());
});
