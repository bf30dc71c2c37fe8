import { tidegate } from "@tidegate/broker-moleculer";
import { givenCluster, startNode } from "./cluster.ts";

const broker = await startNode(givenCluster(), "steady", {
  name: "steady",
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/steady",
            routes: [
              { method: "GET", path: "/:id", call: { action: "steady.get" } },
              { method: "POST", path: "/", call: { action: "steady.get", params: { id: "@body.id" } } },
              { method: "GET", path: "/:id/twice", map: "({ path }) => ({ twice: path.id + path.id })" },
            ],
          },
        },
      },
    }),
  ],
  actions: {
    get: {
      params: { id: "number" },
      handler: ({ params }: { readonly params: { readonly id: number } }) => ({
        id: params.id,
        steady: true,
      }),
    },
  },
});
process.on("disconnect", async () => {
  await broker.stop();
  process.exit();
});
