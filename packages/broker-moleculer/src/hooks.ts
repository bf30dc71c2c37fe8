import type { CallingOptions, Context, Middleware, ServiceBroker } from "moleculer";

/** Calls an action, as `broker.call` does. */
export type Call = (action: unknown, params?: unknown, options?: CallingOptions) => Promise<unknown>;

/** Calls several actions, as `broker.mcall` does. */
export type ManyCalls = (calls: unknown, options?: CallingOptions) => Promise<unknown>;

/** Runs an action, here or by a packet to its node. */
export type Handler = (context: Context) => Promise<unknown>;

/** Takes a packet. */
export type PacketHandler = (
  command: string,
  packet: { readonly payload?: unknown } | undefined,
) => Promise<unknown>;

/** Hooks of a Moleculer middleware as they are called; Moleculer's types take a hook's result for the hook. */
export interface Hooks {
  /** Called when the broker was made. */
  created?(broker: ServiceBroker): void;
  /** Wraps `broker.call`. Must call `next` before it returns: Moleculer takes the context from there. */
  call?(next: Call): Call;
  /** Wraps `broker.mcall`. */
  mcall?(next: ManyCalls): ManyCalls;
  /** Wraps what runs actions of this node. */
  localAction?(next: Handler): Handler;
  /** Wraps what calls actions of other nodes. */
  remoteAction?(next: Handler): Handler;
  /** Wraps what takes packets. */
  transitMessageHandler?(next: PacketHandler): PacketHandler;
}

/** A middleware that is made for each broker. */
export type MiddlewareFactory = (broker: ServiceBroker) => Middleware;

/** Makes a Moleculer middleware. */
export function middleware(name: string, hooksOf: (broker: ServiceBroker) => Hooks): MiddlewareFactory {
  return (broker) => {
    const hooks: object = { name, ...hooksOf(broker) };
    return hooks as Middleware;
  };
}
