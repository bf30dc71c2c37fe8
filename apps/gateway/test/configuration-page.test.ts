import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { laterMark } from "../src/config/option.ts";
import { configSchema } from "../src/config/tree.ts";

type Node = Readonly<Record<string, unknown>>;
type Row = readonly [option: string, fallback: string];

const page = join(import.meta.dirname, "../../../docs/configuration.md");

/** Every option of the schema with its default, as the page lists them. */
function optionsOf(node: Node, path: string): readonly Row[] {
  const section = sectionOf(node);
  if (section === undefined) return [[path, defaultOf(node)]];
  return Object.entries(Object(section.properties)).flatMap(([name, member]) =>
    optionsOf(Object(member), path === "" ? name : `${path}.${name}`),
  );
}

/** The options of a section. Ignores the alternatives to a section: a plugin, or `false`. */
function sectionOf(node: Node): (Node & { readonly properties: object }) | undefined {
  if (node.type === "array") return sectionOf(Object(node.items));
  const members: readonly Node[] = Array.isArray(node.anyOf) ? node.anyOf : [];
  const relevant = members.filter((member) => Object.keys(member).length > 0 && member.const !== false);
  if (members.length > 1 && relevant.length === 1) return sectionOf(Object(relevant[0]));
  const { properties } = node;
  const filled = typeof properties === "object" && properties !== null && Object.keys(properties).length > 0;
  return filled ? { ...node, properties } : undefined;
}

function defaultOf(node: Node): string {
  if (laterMark in node) return "not in this version";
  return node.default === undefined ? "-" : `\`${JSON.stringify(node.default)}\``;
}

test("S15: docs/configuration.md lists every option with its default, and no other", async () => {
  // In development, some defaults differ.
  vi.stubEnv("NODE_ENV", "production");
  onTestFinished(() => void vi.unstubAllEnvs());
  const schema: Node = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  const expected = optionsOf(schema, "").map(([option, fallback]) => `${option} | ${fallback}`);
  const text = await readFile(page, "utf8");
  const rows = [...text.matchAll(/^\| `([\w.]+)` \| ([^|]+?) \|/gm)].map(
    ([, option, fallback]) => `${option} | ${fallback}`,
  );
  expect(rows).toEqual(expected);
});
