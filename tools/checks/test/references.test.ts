import { expect, test } from "vitest";
import { read, readPackages } from "../src/repository.ts";

const references: readonly { readonly path: string }[] = JSON.parse(read("tsconfig.json")).references;

test.each(readPackages().map(({ folder }) => folder))("tsc checks %s and its tests", (folder) => {
  expect(references.map(({ path }) => path)).toEqual(expect.arrayContaining([folder, `${folder}/test`]));
});

test("tsc is not asked for a package that is gone", () => {
  const folders = readPackages().flatMap(({ folder }) => [folder, `${folder}/test`]);
  expect(references.map(({ path }) => path).filter((path) => !folders.includes(path))).toEqual([]);
});
