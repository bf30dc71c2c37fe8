import { knownFunctions } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import type { PublishConfig } from "../../../src/contracts/connector.ts";
import { createConnectorTable } from "../../../src/runtime/connectors/connector-table.ts";
import { emptyPolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import { collector, directoryOf, origin, scopeOf, testBroker } from "./kit.ts";

function compile(publish: PublishConfig) {
  const { findings, addFinding } = collector();
  const table = createConnectorTable({
    origin,
    sandbox: knownFunctions(),
    gate: emptyPolicyGate,
    contexts: ["auth"],
    sources: {
      path: { values: "text", fromClient: true },
      query: { values: "text", fromClient: true },
      message: { values: "data", fromClient: true },
    },
    addFinding,
    reportRuntime: () => undefined,
    console: () => undefined,
  });
  const connector = table.compile(
    { publish },
    {
      jsonPath: "protocol.WebSocket.routes[0]",
    },
  );
  if (connector === undefined) throw new Error(JSON.stringify(findings));
  return connector;
}

test("S3.2 `check` computes the params from a connection's sources, and publishes nothing", async () => {
  const broker = testBroker();
  const scope = scopeOf(directoryOf(broker, {}));
  const { check } = compile({ event: "a.b", params: { n: "@path.n:number", m: "@message.m:number" } });
  expect(check?.(scope, { path: { n: "1" }, query: {} })).toBeUndefined();
  expect(() => check?.(scope, { path: { n: "x" }, query: {} })).toThrow(
    expect.objectContaining({ code: "BAD_USER_INPUT" }),
  );
  const later = compile({ event: "a.b", params: { who: "@context.auth:number" } });
  const lazy = scopeOf(directoryOf(broker, {}), {
    context: { ...scope.context, prepare: () => Promise.resolve(), view: () => "x" },
  });
  await expect(later.check?.(lazy, { path: {}, query: {} })).rejects.toMatchObject({
    code: "BAD_USER_INPUT",
  });
  expect(broker.sent).toEqual([]);
});
