import { callScope, recorder } from "@tidegate/plugin-testkit";
import { expect, onTestFinished, test } from "vitest";
import { moleculer } from "../src/index.ts";
import { startNode } from "./support/node-processes.ts";
import { freePorts, tcpOptions } from "./support/system.ts";

/** A gateway in this process that knows the ports of its nodes by its options only. */
async function startGateway() {
  const [gatewayPort = 0, first = 0, second = 0] = await freePorts(3);
  const portsWith = (port: number): ReadonlyMap<string, number> =>
    new Map([
      ["gateway", gatewayPort],
      ["a", port],
    ]);
  const lines = recorder<string>("line of the sink");
  const broker = moleculer(tcpOptions("gateway", portsWith(first)));
  onTestFinished(() => broker.stop());
  await broker.start({
    serviceUp: ({ name }, { id }) => lines.push(`up ${name}@${id}`),
    serviceDown: (name, id, how) => lines.push(`down ${name}@${id} ${how}`),
    event: () => undefined,
  });
  const startOn = (port: number, hasPreset = true) => startNode(tcpOptions("a", portsWith(port)), hasPreset);
  const isUpAgain = async (): Promise<void> => {
    const downAt = lines.items.findLastIndex((line) => line.startsWith("down work@a"));
    await expect
      .poll(() => lines.items.lastIndexOf("up work@a"), { timeout: 10_000 })
      .toBeGreaterThan(downAt);
    expect(await broker.call(callScope(), { action: "work.read", params: {} })).toBe("a");
  };
  return { lines, first, second, startOn, isUpAgain };
}

test.for([{ hasPreset: true }, { hasPreset: false }])(
  "a node that restarts with its id on another port is found (S13.1; preset: $hasPreset)",
  async ({ hasPreset }) => {
    const { lines, first, second, startOn, isUpAgain } = await startGateway();
    const node = await startOn(first, hasPreset);
    await lines.waitFor((line) => line === "up work@a");
    await node.kill();
    await lines.waitFor((line) => line.startsWith("down work@a"));
    const moved = await startOn(second, hasPreset);
    await isUpAgain();
    await moved.kill();
    await expect.poll(() => lines.items.at(-1)).toMatch(/^down work@a/);
    await startOn(first, hasPreset);
    await isUpAgain();
  },
);

test("a node that restarts elsewhere while its old process hangs is found (S13.1)", async () => {
  const { lines, first, second, startOn, isUpAgain } = await startGateway();
  const node = await startOn(first);
  await lines.waitFor((line) => line === "up work@a");
  node.signal("SIGSTOP");
  await startOn(second);
  await lines.waitFor((line) => line === "down work@a lost");
  await isUpAgain();
});
