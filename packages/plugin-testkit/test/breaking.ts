import {
  type Broker,
  type BrokerSink,
  type CallRequest,
  type CallScope,
  type EventPacket,
  type Peers,
  type PublishRequest,
  type ServiceDescription,
  TidegateError,
} from "@tidegate/core-registry";

/** Returns the broken variant of a broker that fulfils the contract. */
export type Breaking = (broker: Broker) => Broker;

/** Changes what the sink receives. */
export function withSink(change: (sink: BrokerSink) => Partial<BrokerSink>): Breaking {
  return (broker) => ({ ...broker, start: (sink) => broker.start({ ...sink, ...change(sink) }) });
}

/** Changes the descriptions of services. */
export function withService(change: (service: ServiceDescription) => ServiceDescription): Breaking {
  return withSink((sink) => ({ serviceUp: (service, node) => sink.serviceUp(change(service), node) }));
}

/** Changes received events, or drops them. */
export function withEvents(change: (packet: EventPacket) => EventPacket | undefined): Breaking {
  return withSink((sink) => ({
    event: (packet) => {
      const changed = change(packet);
      if (changed !== undefined) sink.event(changed);
    },
  }));
}

/** Changes the requests of calls. */
export function withRequest(change: (request: CallRequest) => CallRequest): Breaking {
  return (broker) => ({ ...broker, call: (scope, request) => broker.call(scope, change(request)) });
}

/** Changes the scopes of calls. */
export function withScope(change: (scope: CallScope) => CallScope): Breaking {
  return (broker) => ({ ...broker, call: (scope, request) => broker.call(change(scope), request) });
}

/** Changes the answers of calls. */
export function withAnswer(change: (answer: unknown) => unknown): Breaking {
  return (broker) => ({
    ...broker,
    call: async (scope, request) => change(await broker.call(scope, request)),
  });
}

/** Changes the errors of calls. */
export function withErrors(change: (error: TidegateError) => Error): Breaking {
  return (broker) => ({
    ...broker,
    call: (scope, request) =>
      broker.call(scope, request).catch((error: TidegateError) => {
        throw change(error);
      }),
  });
}

/** Changes published events. */
export function withPublication(change: (request: PublishRequest) => PublishRequest): Breaking {
  return (broker) => ({
    ...broker,
    publish: async (scope, request) => broker.publish?.(scope, change(request)),
  });
}

/** Changes the peers. */
export function withPeers(change: (peers: Peers) => Peers): Breaking {
  return (broker) => (broker.peers === undefined ? broker : { ...broker, peers: change(broker.peers) });
}

/** Stops without disconnecting: the broker waits for running calls only. */
export function withLateStop({ isDeaf, refusesCalls }: { isDeaf: boolean; refusesCalls: boolean }): Breaking {
  return (broker) => {
    let isStopped = false;
    const running = new Set<Promise<unknown>>();
    const unlessStopped =
      <Args extends unknown[]>(send: (...args: Args) => void) =>
      (...args: Args): void => {
        if (!isStopped || !isDeaf) send(...args);
      };
    return {
      ...broker,
      start: ({ serviceUp, serviceDown, event, ...rest }) =>
        broker.start({
          ...rest,
          serviceUp: unlessStopped(serviceUp),
          serviceDown: unlessStopped(serviceDown),
          event: unlessStopped(event),
        }),
      stop: async () => {
        isStopped = true;
        await Promise.allSettled(running);
      },
      call: async (scope, request) => {
        if (isStopped && refusesCalls)
          throw new TidegateError("BROKER_UNAVAILABLE", undefined, { dispatched: false });
        const answer = broker.call(scope, request);
        running.add(answer);
        return answer;
      },
    };
  };
}
