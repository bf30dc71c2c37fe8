import { preset, tidegate } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import { type Context, ServiceBroker } from "moleculer";
import type { PlannedRequest } from "../harness/benchmark.ts";
import { type KeptConnection, keepConnection } from "../harness/kept-connection.ts";
import { answerProgram } from "../harness/run-program.ts";
import { changeFragment } from "./change-fragment.ts";
import { type NoticeCluster, transporterOf } from "./cluster.ts";

/** What the service's process is given. */
export interface NoticeServiceGiven extends NoticeCluster {
  /** Where the gateway listens for HTTP. */
  readonly gatewayPort: number;
}

/** How long it took, for every change: milliseconds. */
export type NoticeTimes = readonly number[];

/** What is asked; the answer is compared by hand. */
const changing: PlannedRequest = {
  method: "GET",
  path: "/changing",
  expected: { status: 200, body: "" },
};

await answerProgram<NoticeServiceGiven, NoticeTimes>(async (given) => {
  const broker = new ServiceBroker(
    preset({
      namespace: given.namespace,
      nodeID: "service",
      logger: false,
      transporter: transporterOf(given, "service"),
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
  const connection = await keepConnection(given.gatewayPort);
  await seen(connection, 0);
  const times: number[] = [];
  for (let change = 1; change <= given.changes; change++) {
    const started = performance.now();
    changeFragment(service, fragmentOf(change), change);
    await seen(connection, change);
    times.push(performance.now() - started);
  }
  connection.close();
  await broker.stop();
  return times;
});

/** Asks again and again, until the answer is this change's. */
async function seen(connection: KeptConnection, change: number): Promise<void> {
  const wanted = JSON.stringify({ change });
  for (;;) {
    const { body } = await connection.answer(changing);
    if (body.toString() === wanted) return;
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
