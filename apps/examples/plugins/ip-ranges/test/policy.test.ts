import type { Finding, PolicyTools } from "@tidegate/core-registry";
import { knownFunctions, requestScope } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { ipRanges } from "../src/index.ts";

const policy = ipRanges();
const findings: Finding[] = [];
const tools: PolicyTools = {
  kind: "call",
  origin: { service: "player", hash: "a".repeat(32), jsonPath: "policy.call[0]" },
  sandbox: knownFunctions(),
  contexts: ["ip"],
  addFinding: (finding) => findings.push(finding),
  reportRuntime: () => undefined,
  console: () => undefined,
};

async function isAllowed(ranges: readonly string[], ip: unknown): Promise<boolean> {
  const rule = await policy.compile({ ip: ranges }, tools);
  const verdict = await rule.decide({
    kind: "call",
    name: "player.get",
    params: {},
    scope: requestScope({ ip }),
  });
  return typeof verdict === "boolean" ? verdict : verdict.allowed;
}

test.each([
  ["10.0.0.0/8", "10.255.0.1", true],
  ["10.0.0.0/8", "::ffff:10.255.0.1", true],
  ["10.0.0.0/8", "::ffff:a00:1", true],
  ["::ffff:10.0.0.0/104", "10.0.0.1", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["10.0.0.7", "10.0.0.7", true],
  ["10.0.0.7", "10.0.0.8", false],
  ["fe80::/10", "fe80::1%eth0", true],
  ["2001:db8::/32", "10.0.0.1", false],
  ["::/0", "10.0.0.1", true],
  ["10.0.0.0/8", undefined, false],
  ["10.0.0.0/8", "10.0.0.1, 1.1.1.1", false],
])("S17: with %s, the client %s has access: %s", async (range, ip, expected) => {
  expect(await isAllowed([range], ip)).toBe(expected);
});

test.each([
  [["10.0.0.0/8"], ["10.0.0.0/8", "::1"], "wider"],
  [["10.1.0.0/16"], ["10.0.0.0/8"], "wider"],
  [["10.0.0.0/8"], ["10.1.0.0/16"], "narrower"],
  [["10.0.0.0/8"], ["::/0"], "wider"],
  [["10.0.0.0/8"], ["11.0.0.0/8"], "unclear"],
])("S17: a change from %j to %j is %s", (before, after, expected) => {
  expect(policy.compare?.(before, after)).toBe(expected);
});

test("S17: without the context value `ip` the fragment is refused", async () => {
  await policy.compile({ ip: ["::1"] }, { ...tools, contexts: [] });
  expect(findings).toMatchObject([{ severity: "error", code: "CONTEXT_MISSING", jsonPath: "ip" }]);
});
