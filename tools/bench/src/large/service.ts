import { preset, tidegate } from "@tidegate/service-moleculer";
import { type Context, ServiceBroker } from "moleculer";
import { type Cluster, transporterOf } from "../harness/cluster.ts";
import { runNode } from "../harness/node-process.ts";

// The service: counts the characters of a body, and answers with as many as it is asked for.
await runNode<Cluster>(async (cluster) => {
  const broker = new ServiceBroker(
    preset({
      namespace: cluster.namespace,
      nodeID: "service",
      logger: false,
      transporter: transporterOf(cluster, "service"),
      skipProcessEventRegistration: true,
    }),
  );
  broker.createService({
    name: "large",
    mixins: [
      tidegate({
        api: {
          protocol: {
            REST: {
              basePath: "/large",
              routes: [
                {
                  method: "POST",
                  path: "/",
                  call: { action: "large.count", params: { text: "@body.text" } },
                },
                {
                  method: "GET",
                  path: "/:length",
                  call: { action: "large.repeat", params: { length: "@path.length:number" } },
                },
              ],
            },
          },
        },
      }),
    ],
    actions: {
      count: ({ params }: Context<{ readonly text: string }>) => ({ length: params.text.length }),
      repeat: {
        params: { length: "number" },
        handler: ({ params }: Context<{ readonly length: number }>) => ({ text: "x".repeat(params.length) }),
      },
    },
  });
  await broker.start();
  return "started";
});
