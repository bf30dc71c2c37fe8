/*
 * Patch: a node that restarts at another address is found (TCP transporter, Moleculer 0.15).
 *
 * A TCP node introduces itself with its address in a hello packet. Moleculer uses the address only if it does
 * not know the node id yet (`processGossipHello` in `transporters/tcp.js`), and requests the INFO of the node
 * with the next rounds of gossip.
 *
 * Without the patch, a node that restarts with its id on another port or host is never found again, unless
 * UDP discovery finds it.
 *
 * Can be removed when Moleculer takes over the address of a hello packet, and requests the INFO of its
 * sender.
 */
import type { ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { isFirstPatch } from "../wire/patched.ts";
import { type RegistryNode, requestInfo, type TcpTransporter, tcpTransporter } from "../wire/tcp.ts";
import { isObject } from "../wire/values.ts";

/** Where a node can be reached, as it says in its hello packet. */
interface Address {
  readonly host: string;
  readonly port: number;
  /** The address from which the packet came, if it is known. */
  readonly remote: string | undefined;
}

/** Returns a middleware that follows nodes to other addresses. */
export function nodeAddress(): MiddlewareFactory {
  return middleware("TidegateNodeAddress", () => ({ created: followAddresses }));
}

/**
 * Uses the address of each hello packet of a node that is not available, and requests its services at once.
 * If the node still counts as available, the address is used when the node is lost: two nodes with one id
 * must not take each other's place. Does nothing for other transporters, and for a broker that is patched
 * already.
 */
export function followAddresses(broker: ServiceBroker): void {
  const tcp = tcpTransporter(broker);
  if (tcp === undefined || !isFirstPatch(broker, "node-address")) return;
  const { nodes } = broker.registry;
  /** The new addresses of nodes that still count as available. */
  const waiting = new Map<string, Address>();
  const move = (node: RegistryNode, address: Address): void => {
    useAddress(node, address);
    tcp.writer.removeSocket(node.id);
    requestInfo(broker, tcp, [node]);
  };
  const processGossipHello = tcp.processGossipHello.bind(tcp);
  tcp.processGossipHello = (message, socket) => {
    const hello = readHello(tcp, message, socket);
    const known = hello === undefined ? undefined : nodes.get(hello.sender);
    processGossipHello(message, socket);
    if (hello === undefined || known === undefined || known.local) return;
    if (!known.available) move(known, hello.address);
    else if (known.port !== hello.address.port) waiting.set(known.id, hello.address);
  };
  broker.localBus.on("$node.disconnected", ({ node }: { node: RegistryNode }) => {
    const address = waiting.get(node.id);
    waiting.delete(node.id);
    // Moleculer closes the socket, and rejects running calls, after this turn.
    if (address !== undefined) setImmediate(() => !node.available && move(node, address));
  });
}

function useAddress(node: RegistryNode, { host, port, remote }: Address): void {
  const udpAddress = remote ?? node.udpAddress;
  Object.assign(node, { hostname: host, ipList: [host], port, udpAddress });
}

/** Reads a hello packet. Another node sent it, so nothing in it is checked; undefined if it is invalid. */
function readHello(
  tcp: TcpTransporter,
  message: Buffer,
  socket: unknown,
): { readonly sender: string; readonly address: Address } | undefined {
  try {
    const payload: unknown = tcp.deserialize("GOSSIP_HELLO", message)?.payload;
    if (!isObject(payload)) return undefined;
    const { sender, host, port } = payload;
    if (typeof sender !== "string" || typeof host !== "string" || host === "" || !isPort(port))
      return undefined;
    const { remoteAddress: remote } = isObject(socket) ? socket : {};
    return { sender, address: { host, port, remote: typeof remote === "string" ? remote : undefined } };
  } catch {
    return undefined;
  }
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}
