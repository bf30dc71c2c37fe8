import { knownFunctions, manualClock } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import type { ConnectorOptions } from "../../../src/contracts/connector.ts";
import { createConnectorTable } from "../../../src/runtime/connectors/connector-table.ts";
import { emptyPolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import { createEventHub } from "../../../src/runtime/event-hub.ts";
import { createExamples } from "../../../src/runtime/examples.ts";
import { nextTurn } from "../../registry/reports/turn.ts";
import { collector, directoryOf, graphqlSources, origin, scopeOf, testBroker } from "../connectors/kit.ts";

const options: ConnectorOptions = {
  jsonPath: "protocol.GraphQL.resolvers.Query.x",
  sources: ["args"],
  implicit: ["args"],
  batching: true,
};

function setUp() {
  const clock = manualClock();
  const examples = createExamples({}, clock);
  const table = createConnectorTable({
    origin,
    sandbox: knownFunctions(),
    gate: emptyPolicyGate,
    contexts: [],
    sources: graphqlSources,
    ...collector(),
    reportRuntime: () => undefined,
    console: () => undefined,
    examples,
  });
  const hub = createEventHub([]);
  const broker = testBroker(({ params, batch }) =>
    batch === undefined ? { got: params } : Array(batch).fill("one"),
  );
  const scope = scopeOf(directoryOf(broker, { "player.get": {} }), { events: hub });
  const settle = async (): Promise<void> => {
    await nextTurn();
    clock.advance(0);
  };
  return { examples, table, hub, scope, settle };
}

test("S9.10: `call` is recorded with the action's params and response, before `map`", async () => {
  const { examples, table, scope, settle } = setUp();
  const connector = table.compile({ call: { action: "player.get", params: { id: "@args.id" } } }, options);
  await connector?.run(scope, { args: { id: 5 } });
  await settle();
  expect(examples.of("player.get")).toMatchObject([{ params: { id: 5 }, response: { got: { id: 5 } } }]);
});

test("S9.10: a batch is recorded as one call", async () => {
  const { examples, table, scope, settle } = setUp();
  const connector = table.compile({ call: { action: "player.get", params: { id: "@args.id[]" } } }, options);
  await Promise.all([connector?.run(scope, { args: { id: 1 } }), connector?.run(scope, { args: { id: 2 } })]);
  await settle();
  expect(examples.of("player.get")).toMatchObject([{ params: { id: [1, 2] }, response: ["one", "one"] }]);
});

test("S9.10: `publish` is recorded with the sent payload", async () => {
  const { examples, table, scope, settle } = setUp();
  const connector = table.compile({ publish: { event: "player.came", params: { id: "@args.id" } } }, options);
  await connector?.run(scope, { args: { id: 5 } });
  await settle();
  expect(examples.ofEvent("player.came")).toMatchObject([{ payload: { id: 5 } }]);
});

test("S9.10: `subscribe` is recorded with the delivered payload", async () => {
  const { examples, table, hub, scope, settle } = setUp();
  const connector = table.subscribe({ events: ["player.*"] }, options);
  const subscription = await connector?.accept(scope, { args: {} });
  const deliveries = subscription?.open();
  const next = deliveries?.next();
  hub.receive({ event: "player.left", payload: { id: 7 }, broadcast: false });
  await next;
  await deliveries?.return?.();
  await settle();
  expect(examples.ofEvent("player.left")).toMatchObject([{ payload: { id: 7 } }]);
});
