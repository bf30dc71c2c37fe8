import { Queue, queueBroker } from "@tidegate/example-queue-broker";
import { defineConfig } from "@tidegate/gateway";

const queue = new Queue({ concurrency: 4 });
queue.worker("w1").register({ name: "clock", actions: { now: { handler: () => Date.now() } } });

export default defineConfig({ brokers: [queueBroker(queue)] });
