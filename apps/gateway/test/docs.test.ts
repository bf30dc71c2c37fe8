import { readdirSync, readFileSync } from "node:fs";
import { silentLogger } from "@tidegate/core-registry";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { expect, test } from "vitest";
import { createDefaultGateway } from "../src/default-gateway.ts";

const docs = new URL("../../../docs/", import.meta.url);
const fragments = readdirSync(docs)
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) =>
    [...readFileSync(new URL(name, docs), "utf8").matchAll(/```json fragment\n([\s\S]*?)```/g)].map(
      (match, index) => [`${name} ${index + 1}`, match[1] ?? ""] as const,
    ),
  );

test("S18: the documentation contains fragments", () => {
  expect(fragments.length).toBeGreaterThan(1);
});

test.each(fragments)("S18: the fragment in docs/%s is valid", async (_, text) => {
  const { registry } = createDefaultGateway({
    brokers: [],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    server: h3Server({ port: 0 }),
    logger: silentLogger,
  });
  const report = await registry.check({ service: "player", fragment: JSON.parse(text) });
  // The registry has no services, and its server authenticates nobody.
  const unrelated = ["ACTION_UNKNOWN", "AUTH_MISSING"];
  expect(report.findings.filter(({ code }) => !unrelated.includes(code))).toEqual([]);
  expect(report.state).toBe("succeeded");
});

test("S18: CONTRIBUTING.md names every folder of the registry, and no other", () => {
  const root = new URL("../../../", import.meta.url);
  const [, table = ""] = readFileSync(new URL("CONTRIBUTING.md", root), "utf8").split("| folder of ");
  const rows = (table.split("\n\n")[0] ?? "").split("\n").slice(2);
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([a-z-]+)`/g)]);
  const entries = readdirSync(new URL("packages/core-registry/src/registry/", root), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(named.map(([, folder]) => folder).sort()).toEqual(folders.sort());
});
