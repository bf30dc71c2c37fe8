import { moleculer } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import type { RunningSystem, TracedEvent } from "../event.ts";
import { connectClient } from "./client.ts";
import { composeGateway } from "./gateway.ts";

const player = { id: 1, name: "Zosol Gata", position: "goalkeeper" };

const api: FragmentInput = {
  protocol: {
    REST: { basePath: "/players", routes: [{ method: "GET", path: "/:id", call: { action: "player.get" } }] },
  },
};

const service = {
  name: "player",
  metadata: { api },
  actions: { get: { params: { id: { type: "number", convert: true } }, handler: () => player } },
};

/** One request: from its first byte until its answer has been read. */
export const get: TracedEvent = {
  name: "get",
  description: "GET /players/:id, an action in the gateway's process: from the request to its answer",
  warmUps: 2_000,
  start,
};

async function start(): Promise<RunningSystem> {
  const gateway = composeGateway(moleculer({ logger: false, transporter: null, services: [service] }));
  const [listening] = await gateway.start();
  await gateway.registry.settled();
  const client = await connectClient(listening?.port ?? 0);
  const expected = JSON.stringify(player);
  return {
    run: async () => {
      const body = await client.get("/players/1");
      if (body !== expected) throw new Error(`GET /players/1 answered ${body}`);
    },
    stop: async () => {
      client.close();
      await gateway.stop();
    },
  };
}
