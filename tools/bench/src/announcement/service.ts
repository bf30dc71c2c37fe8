import type { FragmentInput } from "@tidegate/core-registry";
import { preset, tidegate } from "@tidegate/service-moleculer";
import { type Context, ServiceBroker } from "moleculer";
import type { PlannedRequest } from "../harness/benchmark.ts";
import { type Cluster, transporterOf } from "../harness/cluster.ts";
import { type KeptConnection, keepConnection } from "../harness/kept-connection.ts";
import { answerProgram } from "../harness/program.ts";
import { changeFragment } from "./change-fragment.ts";

/** A cluster with the number of changes that are measured. */
export interface AnnouncementCluster extends Cluster {
  readonly changes: number;
}

/** The input of the service's process. */
export interface ServiceInput extends AnnouncementCluster {
  /** The HTTP port of the gateway. */
  readonly gatewayPort: number;
}

/** The duration of each change in milliseconds. */
export type AnnouncementTimes = readonly number[];

/** The request that shows the current change. `waitUntilServed` compares the response. */
const probe: PlannedRequest = {
  method: "GET",
  path: "/changing",
  expected: { status: 200, body: "" },
};

await answerProgram<ServiceInput, AnnouncementTimes>(async (input) => {
  const broker = new ServiceBroker(
    preset({
      namespace: input.namespace,
      nodeID: "service",
      logger: false,
      transporter: transporterOf(input, "service"),
      skipProcessEventRegistration: true,
    }),
  );
  const service = broker.createService({
    name: "changing",
    mixins: [tidegate({ api: fragmentOf(0), revision: 0 })],
    actions: {
      get: {
        params: { change: "number" },
        handler: ({ params }: Context<{ readonly change: number }>) => params,
      },
    },
  });
  await broker.start();
  const connection = await keepConnection(input.gatewayPort);
  await waitUntilServed(connection, 0);
  const times: number[] = [];
  for (let change = 1; change <= input.changes; change++) {
    const started = performance.now();
    changeFragment(service, fragmentOf(change), change);
    await waitUntilServed(connection, change);
    times.push(performance.now() - started);
  }
  connection.close();
  await broker.stop();
  return times;
});

/** Repeats the request until the response shows the change. */
async function waitUntilServed(connection: KeptConnection, change: number): Promise<void> {
  const expected = JSON.stringify({ change });
  for (;;) {
    const { body } = await connection.answer(probe);
    if (body.toString() === expected) return;
  }
}

function fragmentOf(change: number): FragmentInput {
  return {
    protocol: {
      REST: {
        basePath: "/changing",
        routes: [{ method: "GET", path: "/", call: { action: "changing.get", params: { change } } }],
      },
    },
  };
}
