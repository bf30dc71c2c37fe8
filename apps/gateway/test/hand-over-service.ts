import { preset, tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker } from "moleculer";

/*
 * A service in a process of its own that claims `GET /contested` and answers with its name; SIGTERM stops it
 * in good order. The argument is JSON: the name of the service, and the options of its broker.
 */
const { name, options } = JSON.parse(process.argv[2] ?? "{}");
const broker = new ServiceBroker(preset(options));
broker.createService({
  name,
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/contested",
            routes: [{ method: "GET", path: "/", call: { action: `${name}.get` } }],
          },
        },
      },
    }),
  ],
  actions: { get: { params: {}, handler: () => name } },
});
await broker.start();
