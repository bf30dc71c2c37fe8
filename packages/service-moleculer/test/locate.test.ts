import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseJsonPath } from "../src/source/report.ts";
import { locateExported, type PlaceInText } from "../src/source.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-locate-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes the files, and locates a JSON path in what the first one exports: `2:5 the rest of the line`. */
function locate(files: Readonly<Record<string, string>>, path: string, inText?: PlaceInText): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const [first = ""] = Object.keys(files);
  const found = locateExported(join(folder, first), parseJsonPath(path), inText);
  if (found === undefined) return "nothing";
  const line = found.text.split("\n")[found.line - 1] ?? "";
  return `${found.exact ? "" : "near "}${found.line}:${found.column} ${line.slice(found.column - 1)}`;
}

const routes = `{
  "protocol": { "REST": { "routes": [
    { "method": "GET" },
    { "method": "FETCH", "map": "() =>\\n  return 1" }
  ] } }
}`;

describe("S1.7: where a value of a fragment is written", () => {
  test("in JSON: the member, the element, the character of a text", () => {
    const path = "protocol.REST.routes[1]";
    expect(locate({ "a.json": routes }, `${path}.method`)).toMatch(/^4:7 "method": "FETCH"/);
    expect(locate({ "a.json": routes }, path)).toMatch(/^4:5 \{ "method": "FETCH"/);
    expect(locate({ "a.json": routes }, `${path}.map`, { line: 2, column: 3 })).toMatch(/^4:43 return 1/);
    expect(locate({ "a.json": routes }, "")).toMatch(/^1:1 \{/);
  });

  test("a missing member: what is around it", () => {
    expect(locate({ "a.json": routes }, "protocol.REST.routes[0].path")).toMatch(
      /^near 3:5 \{ "method": "GET"/,
    );
  });

  test.each([
    ["a variable", { "b.ts": "const api: unknown = {\n  policy: 1 };\nexport default api;" }],
    ["an export beside it", { "b.ts": "const api = {\n  policy: 1 };\nexport { api as default };" }],
    ["module.exports", { "b.cjs": "module.exports = {\n  policy: 1 };" }],
    ["exports.default, as TypeScript writes it", { "b.cjs": "exports.default = {\n  policy: 1 };" }],
    ["a spread", { "b.ts": "const base = {\n  policy: 1 };\nexport default { ...base, branch: 'a' };" }],
    ["Object.freeze", { "b.ts": "export default Object.freeze({\n  policy: 1 });" }],
    [
      "an import",
      { "b.ts": "export { api as default } from './c.ts';", "c.ts": "export const api = {\n  policy: 1 };" },
    ],
    [
      "a required JSON file",
      { "b.cjs": "module.exports = require('./d.json');", "d.json": '{\n  "policy": 1 }' },
    ],
    [
      "a member of a required module",
      {
        "b.cjs": "const c_1 = require('./e');\nmodule.exports = c_1.api;",
        "e.cjs": "exports.api = {\n  policy: 1 };",
      },
    ],
  ])("in modules: %s", (_, files) => {
    expect(locate(files, "policy")).toMatch(/^2:3 "?policy"?: 1/);
  });

  test("a fragment in a service schema, and in the mixin of one", () => {
    const own = "export default { name: 'a', metadata: { api: {\n  policy: 1 } } };";
    expect(locate({ "f.ts": own }, "metadata.api.policy")).toMatch(/^2:3 policy/);
    const mixin = "export default { name: 'a', mixins: [log, tidegate({ api: {\n  policy: 1 } })] };";
    expect(locate({ "f.ts": mixin }, "mixins[1].metadata.api.policy")).toMatch(/^2:3 policy/);
  });

  test("a template, and a string with escapes", () => {
    const template = "export default { a: `one\n  two` };";
    expect(locate({ "g.ts": template }, "a", { line: 2, column: 3 })).toMatch(/^2:3 two/);
    const escapes = String.raw`export default { a: 'it\'s\n\u{1f600} two' };`;
    expect(locate({ "g.ts": escapes }, "a", { line: 2, column: 3 })).toMatch(/two' \};/);
  });

  test("what is computed is not guessed: the nearest part that is written", () => {
    expect(locate({ "h.ts": "export default { a: make({ b: 1 }) };" }, "a.b")).toMatch(/^near 1:18 a: make/);
    expect(locate({ "h.ts": "let a = {};\nexport default { [k]: 1, ...f() };" }, "k")).toMatch(/^near 2:16/);
    const twice = "{ const api = { b: 1 }; }\nconst api = { b: 2 };\nexport default api;";
    expect(locate({ "h.ts": twice }, "b")).toMatch(/^near 3:16 api;/);
  });

  test("modules that import each other, and files that are no source, end the search", () => {
    const circle = {
      "i.cjs": "module.exports = require('./j.cjs').x;",
      "j.cjs": "module.exports = require('./i.cjs');",
    };
    expect(locate(circle, "x")).toMatch(/^near|^nothing/);
    expect(locate({ "k.ts": "export default {" }, "x")).toBe("nothing");
    expect(locate({ "k.ts": "enum A { B }\nexport default { x: A.B };" }, "x")).toBe("nothing");
    expect(locate({ "l.json": "[".repeat(100_000) }, "x")).toBe("nothing");
  });
});
