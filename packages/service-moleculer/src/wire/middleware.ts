import type { BrokerOptions, CallingOptions, Context, Middleware, ServiceBroker } from "moleculer";
import { isFirstPatch } from "./patched.ts";

/** `broker.call` as a middleware sees it. */
export type Call = (action: unknown, params?: unknown, options?: CallingOptions) => Promise<unknown>;

/** `broker.mcall` as a middleware sees it. */
export type MultiCall = (calls: unknown, options?: CallingOptions) => Promise<unknown>;

/** Runs an action on this node, or sends its call to another node. */
export type ActionHandler = (context: Context) => Promise<unknown>;

/** A packet of Moleculer's protocol that this node sends or receives. */
export interface Packet {
  /** Moleculer's packet type: `REQ`, `RES`, `EVENT` ... */
  readonly type?: string;
  /** The receiving node; null or absent where the transporter balances. */
  readonly target?: string | null;
  /** Not checked: in a received packet it comes from another node. */
  readonly payload: Record<string, unknown>;
}

/** Moleculer's `transit.messageHandler`: handles a packet that arrived. */
export type PacketHandler = (command: string, packet: Packet | undefined) => Promise<unknown>;

/** Moleculer's `transit.publish`: sends a packet to another node. */
export type PacketSender = (packet: Packet) => Promise<unknown>;

/** The packet that the transporter's `send` sends, as Moleculer passes it. */
export interface SentPacket {
  readonly packet: Packet;
}

/** The transporter's `send`: sends a packet after it was serialised. */
export type DataSender = (topic: unknown, data: Buffer, sent: SentPacket) => Promise<unknown>;

/**
 * The hooks of a Moleculer middleware that this package uses, typed as Moleculer calls them. Moleculer's own
 * types declare the result of a hook in place of the hook.
 */
export interface Hooks {
  created?(broker: ServiceBroker): void;
  started?(broker: ServiceBroker): Promise<void>;
  stopped?(broker: ServiceBroker): Promise<void>;
  /**
   * Wraps `broker.call`. Must call `next` synchronously, because Moleculer reads the context from its result.
   */
  call?(next: Call): Call;
  mcall?(next: MultiCall): MultiCall;
  /** Wraps the handler of each action of this node. */
  localAction?(next: ActionHandler): ActionHandler;
  /** Wraps the calls that go to other nodes. */
  remoteAction?(next: ActionHandler): ActionHandler;
  transitPublish?(next: PacketSender): PacketSender;
  /** Wraps the transporter's `send`. The innermost middleware sees the bytes that are really sent. */
  transporterSend?(next: DataSender): DataSender;
  transitMessageHandler?(next: PacketHandler): PacketHandler;
}

/** Creates a middleware for one broker. */
export type MiddlewareFactory = (broker: ServiceBroker) => Middleware;

/**
 * Creates a Moleculer middleware from hooks with the types above. A broker uses only the first middleware of
 * a name: a second one, also of another copy of this package, has no hooks.
 */
export function middleware(name: string, hooksFor: (broker: ServiceBroker) => Hooks): MiddlewareFactory {
  return (broker) => {
    const hooks: object = { name, ...(isFirstPatch(broker, name) && hooksFor(broker)) };
    return hooks as Middleware;
  };
}

/**
 * Returns factories as the option `middlewares`, innermost first. Moleculer accepts functions that create
 * middlewares, but its types do not.
 */
export function toMiddlewares(factories: readonly MiddlewareFactory[]): Middleware[] {
  const list: readonly object[] = factories;
  return [...list] as Middleware[];
}

/** Defaults that brokers of services and of gateways share: milliseconds, and seconds for heartbeats. */
export const sharedDefaults: BrokerOptions = {
  requestTimeout: 10_000,
  heartbeatInterval: 1,
  heartbeatTimeout: 3,
};
