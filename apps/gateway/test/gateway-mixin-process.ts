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
    gatewayMixin({
      brokers: [{ function: { util: { greeting: "hello" } } }],
      server: { protocol: { http: { port: 0 } } },
    }),
    tidegate({
      api: {
        protocol: {
          REST: { basePath: "/hello", routes: [{ method: "GET", path: "/", map: "() => util.greeting" }] },
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
let answer: string;
do {
  const response = await fetch(`${await url}/hello`);
  answer = `${response.status} ${await response.text()}`;
} while (/^(404|503) /.test(answer));
console.log(`answered ${answer}`);
await broker.stop();
console.log("stopped");
