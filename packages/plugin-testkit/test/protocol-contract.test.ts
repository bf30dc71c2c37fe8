import { expect, test } from "vitest";
import { protocolChecks, runChecks, testProtocol } from "../src/index.ts";
import { brokenProtocols } from "./broken-protocols.ts";
import { brokenTable } from "./broken-table.ts";
import { rpc, rpcSuite } from "./rpc-protocol.ts";

testProtocol(rpcSuite());

test("a protocol without optional members passes, with the reasons of its skipped checks (S17)", async () => {
  const make = () => {
    const { assemble: _, diff: __, documents: ___, start: ____, dispose: _____, ...protocol } = rpc();
    return protocol;
  };
  const { actions: _, parts, ...suite } = rpcSuite();
  const few = parts.map(({ input }) => ({ input }));
  const results = await runChecks(protocolChecks, { ...suite, parts: few, make });
  expect(results.filter(({ state }) => state === "failed")).toEqual([]);
  expect(new Set(results.flatMap((result) => (result.state === "skipped" ? [result.reason] : [])))).toEqual(
    new Set([
      "the protocol has no contexts",
      "the suite has no requests",
      "the suite has no HTTP requests",
      "no example of the suite opens a WebSocket",
      "the protocol has no assemble",
      "the protocol has no diff",
      "the protocol has no documents",
    ]),
  );
});

test("every broken protocol fails, with the sentence that it breaks (S17)", async () => {
  const table = await brokenTable("protocols", protocolChecks, brokenProtocols);
  await expect(table).toMatchFileSnapshot("broken-protocols.md");
});
