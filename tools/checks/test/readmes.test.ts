import { describe, expect, test } from "vitest";
import { outline, readmeFaults } from "../src/readmes.ts";
import { read, readPackages } from "../src/repository.ts";

test.each(readPackages().map(({ folder, manifest }) => [folder, manifest] as const))(
  "%s has a README that keeps the outline",
  (folder, { name, private: hidden }) => {
    expect(readmeFaults(name, read(`${folder}/README.md`), hidden ? ["Use"] : outline)).toEqual([]);
  },
);

describe("the check sees", () => {
  const good =
    "# @tidegate/x\n\nAn x.\n\n## Install\n\nso\n\n## Use\n\n```sh\n## run\n```\n\n## Options\n\nNone.\n";

  test("nothing wrong in a good one", () => {
    expect(readmeFaults("@tidegate/x", good)).toEqual([]);
  });

  test("a wrong title, no introduction, a missing section, an empty one", () => {
    expect(readmeFaults("@tidegate/x", "# x\n\n## Use\n\n## Install\n\nso\n")).toEqual([
      'the title is not "# @tidegate/x"',
      "nothing under the title says what it is",
      "expected the sections Install, Use, Options in this order, found Use, Install",
      "the section Use is empty",
    ]);
  });
});
