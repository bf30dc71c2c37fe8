import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { FragmentInput } from "@tidegate/core-registry";
import { ServiceBroker, type Transporters } from "moleculer";
import { type Cluster, findCluster } from "./run/cluster.ts";
import { loopbackTcp } from "./run/loopback-tcp.ts";
import { isServiceName, type ServiceName, serviceNames, soccerServices } from "./services.ts";

const usage = `usage: demo:service ${serviceNames.join("|")} [--fragment FILE] [--print]
  --fragment FILE  publish the fragment of this file (.json, or .ts with a default export) instead of its own
  --print          print its fragment as JSON, and start nothing`;

/** Milliseconds that joining and leaving may take. */
const patience = 5_000;

interface NodeEvent {
  readonly node: { readonly id: string };
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { fragment: { type: "string" }, print: { type: "boolean", default: false } },
});
const [name] = positionals;

if (!isServiceName(name)) fail(usage);
else if (values.print) console.log(JSON.stringify(soccerServices[name].fragment, null, 2));
else await start(name, values.fragment);

async function start(service: ServiceName, file: string | undefined): Promise<void> {
  const cluster = findCluster();
  if (cluster === undefined) return fail("No demo runs here. Start it in another terminal: npx pnpm demo");
  const { fragment: own, make } = soccerServices[service];
  const transporter = loopbackTcp({ peers: { [cluster.gatewayId]: cluster.gatewayPort } });
  const broker = join(cluster, service, transporter);
  broker.createService(make(file === undefined ? own : await readFragment(file)));
  stopWith(broker, cluster);
  const joined = meets(broker, cluster.gatewayId);
  await broker.start();
  // At once, not with the next round of gossip.
  transporter.sendGossipRequest();
  await joined;
  console.log(`${service} is up, process ${process.pid}`);
}

/** Resolves when the node knows the gateway's. Until then it would not see that the gateway has gone. */
function meets(broker: ServiceBroker, gatewayId: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const connected = ({ node }: NodeEvent): void => {
    if (node.id !== gatewayId) return;
    broker.localBus.off("$node.connected", connected);
    clearTimeout(timer);
    resolve();
  };
  const timer = setTimeout(() => {
    fail("The demo does not answer. Is it still running?");
    process.exit();
  }, patience);
  broker.localBus.on("$node.connected", connected);
  return promise;
}

/** A node of the cluster that logs what its service has to say, and warnings of its own. */
function join({ namespace }: Cluster, service: ServiceName, transporter: Transporters.TCP): ServiceBroker {
  return new ServiceBroker({
    namespace,
    nodeID: `${service}-${process.pid}`,
    transporter,
    logger: { type: "Console", options: { formatter: "{msg}" } },
    logLevel: { [service.toUpperCase()]: "info", "**": "warn" },
    // Requests that run may finish before the node leaves.
    tracking: { enabled: true },
    skipProcessEventRegistration: true,
  });
}

async function readFragment(file: string): Promise<FragmentInput> {
  // pnpm runs scripts in the root; the path is meant from where the person stands.
  const path = resolve(process.env.INIT_CWD ?? ".", file);
  if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8"));
  const module: { readonly default: FragmentInput } = await import(pathToFileURL(path).href);
  return module.default;
}

/**
 * Stops the service when it is told to, and when the gateway's process is gone. A Ctrl-C in the demo's terminal reaches
 * every process there; what the demo started leaves it to the demo, so that requests that run can finish.
 */
function stopWith(broker: ServiceBroker, { gatewayId }: Cluster): void {
  const ofDemo = process.send !== undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), patience).unref();
    broker.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", () => ofDemo || stop());
  process.on("disconnect", stop);
  if (ofDemo) return;
  broker.localBus.on("$node.disconnected", ({ node }: NodeEvent) => {
    if (node.id !== gatewayId || stopping) return;
    console.log("The demo has ended, and so does this.");
    stop();
  });
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
