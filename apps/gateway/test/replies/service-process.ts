import { preset } from "@tidegate/service-moleculer";
import { type BrokerOptions, ServiceBroker } from "moleculer";
import { service } from "./service.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as BrokerOptions;
const broker = new ServiceBroker(preset(options));
broker.createService(service);
await broker.start();
console.log("ready");
