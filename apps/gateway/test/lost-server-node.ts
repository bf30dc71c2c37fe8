import { preset, tidegate } from "@tidegate/service-moleculer";
import { type BrokerOptions, type Context, ServiceBroker } from "moleculer";

// A node with a service on REST, GraphQL and WebSocket. Its only argument are Moleculer's options, as JSON.
const options: BrokerOptions = JSON.parse(process.argv[2] ?? "");
const broker = new ServiceBroker(preset(options));
broker.createService({
  name: "player",
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/players",
            routes: [
              { method: "GET", path: "/rules", map: "() => 'eleven a side'" },
              { method: "GET", path: "/:id", call: { action: "player.get", params: { id: "@path.id" } } },
            ],
          },
          GraphQL: {
            typeDefs: "extend type Query { rules: String player(id: ID!): String }",
            resolvers: {
              Query: {
                rules: { map: "() => 'eleven a side'" },
                player: { call: { action: "player.get", params: { id: "@args.id" } } },
              },
            },
          },
          WebSocket: { basePath: "/feed", routes: [{ path: "/", subscribe: { events: ["player.*"] } }] },
        },
      },
    }),
  ],
  actions: { get: ({ params }: Context<{ readonly id: string }>) => `player ${params.id}` },
});
await broker.start();
process.on("message", (event: string) => void broker.broadcast(event, "goal"));
process.on("disconnect", () => process.exit());
