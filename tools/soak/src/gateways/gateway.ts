import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/gateway";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { optionsAt, type Place } from "../faults/place.ts";

/** What a gateway's process is started with: its first argument, as JSON. */
export interface GatewayTask {
  /** Where it joins. */
  readonly place: Place;
  /** Its name and node id. */
  readonly name: string;
  /** The port that it listens on. */
  readonly port: number;
}

/** What it tells: that it is ready, and each time that it is asked what it serves, by branch. */
export type GatewayMessage = { readonly ready: true } | { readonly versions: Record<string, string> };

/** Seconds that a fragment stays after its node left: short, since that is not what is tried. */
const debounceSeconds = 0.5;

const { place, name, port }: GatewayTask = JSON.parse(process.argv[2] ?? "");
const send = (message: GatewayMessage): void => void process.send?.(message);

const gateway = createGateway({
  gateway: name,
  brokers: [moleculer(optionsAt(place, name))],
  protocols: [rest()],
  policies: [],
  server: h3Server({ host: "127.0.0.1", port }),
  logger: silentLogger,
  debounceSeconds,
});
process.on("message", () => {
  const own = gateway.registry.branches();
  send({
    versions: Object.fromEntries(own.map(({ branch, latestVersion }) => [branch, latestVersion ?? ""])),
  });
});
process.on("disconnect", async () => {
  await gateway.stop();
  process.exit();
});
await gateway.start();
send({ ready: true });
