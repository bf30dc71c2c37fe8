import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { FragmentInput } from "@tidegate/core-registry";
import { ServiceBroker, type Transporters } from "moleculer";
import { type Cluster, findCluster } from "./run/cluster.ts";
import { loopbackTcp } from "./run/loopback.ts";
import { isServiceName, type ServiceName, serviceNames, soccerServices } from "./services.ts";

const usage = `usage: demo:service ${serviceNames.join("|")} [--fragment FILE] [--print]
  --fragment FILE  publish this fragment (.json, or .ts with a default export) instead of the service's own
  --print          print the service's own fragment as JSON and exit`;

/** The time limit for joining and for leaving. */
const timeoutMs = 5_000;

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
  if (cluster === undefined)
    return fail("The demo is not running. Start it in another terminal: npx pnpm demo");
  const { fragment: ownFragment, create } = soccerServices[service];
  const transporter = loopbackTcp({ peers: { [cluster.gatewayId]: cluster.gatewayPort } });
  const broker = createBroker(cluster, service, transporter);
  broker.createService(create(file === undefined ? ownFragment : await readFragment(file)));
  stopOnSignals(broker, cluster);
  const joined = waitForGateway(broker, cluster.gatewayId);
  await broker.start();
  // Joins at once instead of with the next round of gossip.
  transporter.sendGossipRequest();
  await joined;
  console.log(`${service} is up, process ${process.pid}`);
}

/**
 * Resolves when the gateway's node is connected. Before that, the service would not notice that the gateway
 * ends.
 */
function waitForGateway(broker: ServiceBroker, gatewayId: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const connected = ({ node }: NodeEvent): void => {
    if (node.id !== gatewayId) return;
    broker.localBus.off("$node.connected", connected);
    clearTimeout(timer);
    resolve();
  };
  const timer = setTimeout(() => {
    fail("The demo does not answer. Check that it is still running.");
    process.exit();
  }, timeoutMs);
  broker.localBus.on("$node.connected", connected);
  return promise;
}

/** A node of the cluster. It logs the messages of its service, and only warnings of Moleculer. */
function createBroker(
  { namespace }: Cluster,
  service: ServiceName,
  transporter: Transporters.TCP,
): ServiceBroker {
  return new ServiceBroker({
    namespace,
    nodeID: `${service}-${process.pid}`,
    transporter,
    logger: { type: "Console", options: { formatter: "{msg}" } },
    logLevel: { [service.toUpperCase()]: "info", "**": "warn" },
    // Running requests finish before the node leaves.
    tracking: { enabled: true },
    skipProcessEventRegistration: true,
  });
}

async function readFragment(file: string): Promise<FragmentInput> {
  // pnpm runs scripts in the root folder; the path is relative to the user's folder.
  const path = resolve(process.env.INIT_CWD ?? ".", file);
  if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8"));
  const module: { readonly default: FragmentInput } = await import(pathToFileURL(path).href);
  return module.default;
}

/**
 * Stops the service on a signal, and when the gateway's process has ended. Ctrl-C in the demo's terminal
 * reaches all its processes. A service that the demo has started ignores it, because the demo stops its
 * services after running requests have finished.
 */
function stopOnSignals(broker: ServiceBroker, { gatewayId }: Cluster): void {
  const isChildOfDemo = process.send !== undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), timeoutMs).unref();
    broker.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", () => isChildOfDemo || stop());
  process.on("disconnect", stop);
  if (isChildOfDemo) return;
  broker.localBus.on("$node.disconnected", ({ node }: NodeEvent) => {
    if (node.id !== gatewayId || stopping) return;
    console.log("The demo has ended. This service ends too.");
    stop();
  });
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
