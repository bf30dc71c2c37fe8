/*
 * Patch: a gateway keeps its TCP connections (TCP transporter, Moleculer 0.15).
 *
 * Moleculer keeps 32 outgoing connections, and closes the ones that were used least for others
 * (`maxConnections` in `transporters/tcp.js`).
 *
 * Without the patch, a gateway with more than 32 nodes opens and closes connections all the time, with calls
 * in them, and cannot ping each node.
 *
 * Can be removed when Moleculer does not limit connections by default.
 */
import { tcpTransporter } from "@tidegate/service-moleculer/wire";
import type { ServiceBroker } from "moleculer";

/** Connections that a gateway keeps: one to each of its nodes, within the files that a process can open. */
const maxConnections = 1_000;

/** Raises the limit of outgoing connections, unless the transporter's options set it. */
export function keepConnections(broker: ServiceBroker): void {
  const tcp = tcpTransporter(broker);
  const { transporter } = broker.options;
  const isGiven =
    typeof transporter === "object" &&
    transporter !== null &&
    "options" in transporter &&
    typeof transporter.options === "object" &&
    transporter.options !== null &&
    "maxConnections" in transporter.options;
  if (tcp !== undefined && !isGiven) tcp.opts.maxConnections = maxConnections;
}
