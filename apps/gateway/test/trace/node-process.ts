import { preset } from "@tidegate/service-moleculer";
import { type BrokerOptions, ServiceBroker } from "moleculer";
import { innerService, outerService } from "./services.ts";

// The node ends with the test that started it.
process.stdin.resume().once("end", () => process.exit());

// A node with one service, in a process of its own: `node node-process.ts OPTIONS SERVICE KIND`.
const [options = "{}", service, kind] = process.argv.slice(2);
const given: BrokerOptions = JSON.parse(options);
const broker = new ServiceBroker(kind === "preset" ? preset(given) : given);
broker.createService(service === "outer" ? outerService(kind === "preset") : innerService());
await broker.start();
console.log("started");
