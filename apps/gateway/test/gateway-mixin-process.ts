import { tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker } from "moleculer";
import { gatewayMixin } from "../src/index.ts";

// A node with a gateway that answers one request and stops. The process has to end by itself.
const broker = new ServiceBroker({
  logger: false,
  transporter: { type: "TCP", options: { udpDiscovery: false } },
});
let listening: (url: string) => void = () => undefined;
const url = new Promise<string>((resolve) => {
  listening = resolve;
});
const service = broker.createService({
  name: "gateway",
  mixins: [
    gatewayMixin({ server: { protocol: { http: { port: 0 } } } }),
    tidegate({
      api: {
        protocol: {
          REST: { basePath: "/hello", routes: [{ method: "GET", path: "/", map: "() => 'hello'" }] },
        },
      },
    }),
  ],
});
service.logger.info = (line: unknown) => {
  const [, found] = /^listening on (.+)$/.exec(String(line)) ?? [];
  if (found !== undefined) listening(found);
};
await broker.start();
let status: number;
do {
  const response = await fetch(`${await url}/hello`);
  await response.text();
  status = response.status;
} while (status === 404 || status === 503);
console.log(`answered ${status}`);
await broker.stop();
console.log("stopped");
