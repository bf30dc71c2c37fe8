/*
 * Patch: a node that hangs is lost, on every transporter (Moleculer 0.15).
 *
 * Moleculer checks heartbeats as often as a node can be silent, so that a node is lost after up to twice that
 * time, and while the connection to the server is lost too. Its TCP transporter has no heartbeats
 * (`disableHeartbeat` in `transporters/tcp.js`): a node is lost only when its sockets close.
 *
 * Without the patch, a process that hangs over TCP keeps its share of the calls for ever, and each one of
 * them runs into its timeout.
 *
 * Can be removed when Moleculer checks nodes over TCP, and does not while its own connection is lost.
 */
import type { ActionEndpoint, ServiceBroker, Transit } from "moleculer";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { isFirstPatch } from "../wire/patched.ts";
import { requestInfo, tcpTransporter } from "../wire/tcp.ts";
import { onConnectionChange } from "./connection-state.ts";
import { heartbeatTimeoutOf } from "./heartbeat-timeout.ts";

/** Checks in the time that a node can be silent. */
const checksPerTimeout = 6;

/** Connections that Moleculer's TCP transporter keeps by default. */
const defaultConnections = 32;

/** Returns a middleware that finds nodes that hang. */
export function nodeLiveness(): MiddlewareFactory {
  return middleware("TidegateNodeLiveness", () => ({ created: watchNodes }));
}

/**
 * Makes a broker notice nodes that do not answer (S13.1): every packet of a node shows that it runs; a node
 * that has sent none for a heartbeat interval is pinged, and after the heartbeat timeout it is lost. Then its
 * running calls fail, and no call goes to it until it is heard again. Does nothing without heartbeats, and
 * for a broker that is patched already.
 */
export function watchNodes(broker: ServiceBroker): void {
  const { transit } = broker;
  const { heartbeatInterval: interval, heartbeatTimeout: timeout } = broker.options;
  if (transit === undefined || !interval || !timeout || !isFirstPatch(broker, "node-liveness")) return;
  const checkMs = (timeout * 1_000) / checksPerTimeout;
  const watch = new NodeWatch(broker, transit, { checkMs, pingAfterMs: interval * 1_000 });
  broker.registry.discoverer.checkRemoteNodes = () => undefined;
  onConnectionChange(broker, (connected) => connected && watch.reconnected());
  const messageHandler = transit.messageHandler.bind(transit);
  transit.messageHandler = (command, packet) => {
    watch.heard(packet?.payload?.sender);
    return messageHandler(command, packet);
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearInterval(timer);
  broker.localBus.on("$transporter.connected", () => {
    stop();
    timer = setInterval(() => watch.check(), checkMs).unref();
  });
  broker.localBus.on("$transporter.disconnected", stop);
}

interface WatchOptions {
  /** Milliseconds between two checks. */
  readonly checkMs: number;
  /** Milliseconds of silence after which a node is pinged. */
  readonly pingAfterMs: number;
}

class NodeWatch {
  readonly #broker: ServiceBroker;
  readonly #transit: Transit;
  readonly #options: WatchOptions;
  /**
   * Checks since a node was heard. Counted instead of measured: when this process was blocked itself, it
   * reads what has arrived meanwhile before the next check.
   */
  readonly #silentChecks = new Map<string, number>();
  /** Nodes that were lost because they were silent. */
  readonly #lost = new Set<string>();
  /** The actions of nodes that were not heard since this broker reconnected, by node. */
  readonly #paused = new Map<string, ActionEndpoint[]>();

  constructor(broker: ServiceBroker, transit: Transit, options: WatchOptions) {
    this.#broker = broker;
    this.#transit = transit;
    this.#options = options;
  }

  /** Notes that a node has sent a packet. A lost one is asked for its services, since it runs again. */
  heard(sender: unknown): void {
    if (typeof sender !== "string") return;
    this.#silentChecks.delete(sender);
    if (this.#paused.size > 0) this.#resume(sender);
    if (this.#lost.delete(sender)) this.#discover(sender);
  }

  /**
   * Pauses the actions of all nodes until they are heard: they lost their connections with the same server,
   * and a call to one that has not reconnected yet would be lost.
   */
  reconnected(): void {
    for (const id of this.#paused.keys()) this.#resume(id);
    for (const { endpoints } of this.#broker.registry.actions.actions.values())
      for (const endpoint of endpoints) {
        if (endpoint.local || !endpoint.state) continue;
        endpoint.state = false;
        const paused = this.#paused.get(endpoint.id) ?? [];
        this.#paused.set(endpoint.id, paused);
        paused.push(endpoint);
      }
    for (const id of this.#paused.keys()) this.#ping(id);
  }

  check(): void {
    // Without its own connection, the broker hears no node: that says nothing about them.
    if (!this.#transit.tx.connected) {
      this.#silentChecks.clear();
      return;
    }
    const { checkMs, pingAfterMs } = this.#options;
    for (const id of this.#watchedNodes()) {
      const checks = (this.#silentChecks.get(id) ?? 0) + 1;
      this.#silentChecks.set(id, checks);
      const silentMs = checks * checkMs;
      const timeoutMs = heartbeatTimeoutOf(this.#broker, id) * 1_000;
      if (silentMs > timeoutMs) this.#lose(id, timeoutMs);
      else if (silentMs >= pingAfterMs || this.#paused.has(id)) this.#ping(id);
    }
    this.#forgetNodes();
  }

  /** Drops what is known of nodes that have gone or come back in the meantime. */
  #forgetNodes(): void {
    const isAvailable = (id: string): boolean | undefined => this.#broker.registry.nodes.get(id)?.available;
    for (const id of this.#silentChecks.keys()) if (isAvailable(id) !== true) this.#silentChecks.delete(id);
    for (const id of this.#paused.keys()) if (isAvailable(id) !== true) this.#paused.delete(id);
    for (const id of this.#lost) if (isAvailable(id) !== false) this.#lost.delete(id);
  }

  /**
   * All available nodes. Over TCP with more nodes than connections, only those with running calls: pings
   * would open and close connections all the time.
   */
  #watchedNodes(): readonly string[] {
    const nodes = this.#broker.registry.nodes.toArray().filter(({ local, available }) => !local && available);
    const tcp = tcpTransporter(this.#broker);
    const ids = nodes.map(({ id }) => id);
    if (tcp === undefined || ids.length <= (tcp.opts.maxConnections ?? defaultConnections)) return ids;
    const called = new Set([...this.#transit.pendingRequests.values()].map(({ nodeID }) => nodeID));
    return ids.filter((id) => called.has(id));
  }

  #resume(id: string): void {
    for (const endpoint of this.#paused.get(id) ?? []) endpoint.state = true;
    this.#paused.delete(id);
  }

  #lose(id: string, timeoutMs: number): void {
    this.#silentChecks.delete(id);
    this.#paused.delete(id);
    this.#lost.add(id);
    this.#broker.logger.warn(`Node ${id} is lost: it has not answered for ${timeoutMs / 1_000} s.`);
    this.#broker.registry.nodes.disconnected(id, true);
    // A node that comes back can have another address.
    tcpTransporter(this.#broker)?.writer.removeSocket(id);
  }

  #ping(id: string): void {
    const payload = { time: Date.now(), id: this.#broker.generateUid() };
    const tcp = tcpTransporter(this.#broker);
    // `transit.publish` over TCP would log an error for a node that cannot be reached.
    const sent =
      tcp === undefined
        ? this.#transit.publish({ type: "PING", target: id, payload })
        : tcp.publish({ type: "PING", target: id, payload });
    sent.catch((error: unknown) => {
      this.#broker.logger.debug(`The ping could not be sent to node ${id}.`, error);
    });
  }

  #discover(id: string): void {
    const { registry } = this.#broker;
    const tcp = tcpTransporter(this.#broker);
    const node = registry.nodes.get(id);
    if (tcp !== undefined && node !== undefined) requestInfo(this.#broker, tcp, [node]);
    else void registry.discoverer.discoverNode(id);
  }
}
