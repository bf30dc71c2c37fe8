import { describe, expect, test } from "vitest";
import { namedIn } from "../src/guides.ts";
import { find, read, readManifest } from "../src/repository.ts";

describe.each(["CONTRIBUTING.md", "README.md"])("%s", (guide) => {
  const { paths, scripts } = namedIn(read(guide));

  test("names something", () => {
    expect(scripts).toContain("test");
  });

  test.each(paths)("%s exists", (path) => {
    expect(find(path.replace(/\/$/, ""))).not.toEqual([]);
  });

  test.each(scripts)("pnpm %s is a script", (script) => {
    expect(readManifest(".").scripts).toHaveProperty([script]);
  });
});

describe("the check sees", () => {
  test("paths in links, code spans and shell blocks, and scripts behind pnpm", () => {
    const text = [
      "See `packages/gone/src`, `gone.json` [it](docs/none) and `npx pnpm vanish`.",
      "```sh\npnpm away tools/none.ts\n```\n",
    ].join("\n");
    expect(namedIn(text)).toEqual({
      paths: ["packages/gone/src", "gone.json", "tools/none.ts", "docs/none"],
      scripts: ["vanish", "away"],
    });
  });

  test("no path in routes, package names, addresses and other languages' blocks", () => {
    const text =
      "`GET /players/:id`, `@tidegate/sandbox`, `127.0.0.1:8080`, `pnpm exec tsc`\n```ts\na/b\n```\n";
    expect(namedIn(text)).toEqual({ paths: [], scripts: [] });
  });

  test("what does not exist", () => {
    expect(find("packages/gone")).toEqual([]);
    expect(readManifest(".").scripts).not.toHaveProperty(["vanish"]);
  });
});
