import type { BrokerOptions, Middleware } from "moleculer";
import { branchCalls } from "./branches.ts";
import { cancellation } from "./cancellation.ts";
import { hearsay } from "./hearsay.ts";
import { heartbeats } from "./heartbeats.ts";
import type { MiddlewareFactory } from "./hooks.ts";
import { notices } from "./notice.ts";
import { outages } from "./outages.ts";
import { creditStreams } from "./streaming/index.ts";

/** What brokers of services and of gateways have in common. */
export const sharedDefaults: BrokerOptions = {
  requestTimeout: 10_000,
  heartbeatInterval: 1,
  heartbeatTimeout: 3,
};

/** How a broker with services stops: calls that run may end, for so many milliseconds. */
export const trackingDefaults: NonNullable<BrokerOptions["tracking"]> = {
  enabled: true,
  shutdownTimeout: 5_000,
};

/**
 * Options for the brokers of services (S13.1): `new ServiceBroker(preset({ namespace, transporter }))`. Calls end after
 * 10 s; a heartbeat each second, and a node is lost after 3 s of silence, or 30 s where it has no preset; a broker that
 * stops lets running calls end, for up to 5 s; other nodes are told of changes after 50 ms, gateways at once, and all
 * of its stop before its services stop; over TCP it believes no node about another. Its middlewares make nested calls follow the request's branch, carry deadlines and cancellation, and give streams
 * back-pressure.
 * @param options Moleculer's own; they go before the preset's, and their middlewares are added to its
 */
export function preset(options: BrokerOptions = {}): BrokerOptions {
  const transit = { serviceChangedDebounceTime: 50, ...options.transit };
  return {
    ...sharedDefaults,
    ...options,
    tracking: { ...trackingDefaults, ...options.tracking },
    transit,
    middlewares: [
      ...made([
        creditStreams(),
        cancellation(),
        branchCalls(),
        notices(),
        hearsay(),
        outages(),
        ...patience(options),
      ]),
      ...(options.middlewares ?? []),
    ],
  };
}

/** Options for the broker of a gateway: what serves requests there only where services run on its node. */
export function gatewayPreset(options: BrokerOptions, hasServices: boolean): BrokerOptions {
  return {
    ...sharedDefaults,
    ...options,
    middlewares: [
      ...made([
        creditStreams(),
        ...(hasServices ? [cancellation(), branchCalls()] : []),
        outages(),
        ...patience(options),
      ]),
      ...(options.middlewares ?? []),
    ],
  };
}

/** Who says how long nodes may be silent is not asked again. */
function patience({ heartbeatTimeout }: BrokerOptions): MiddlewareFactory[] {
  return heartbeatTimeout === undefined ? [heartbeats()] : [];
}

/**
 * Middlewares, innermost first: who cuts the timeout must see the name that is called. Moleculer takes functions that
 * make them; its types do not say so.
 */
function made(factories: readonly MiddlewareFactory[]): Middleware[] {
  const list: readonly object[] = factories;
  return [...list] as Middleware[];
}
