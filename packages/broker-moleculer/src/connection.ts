import { type BrokerSink, type PeerAnswers, TidegateError } from "@tidegate/core-registry";
import { ServiceBroker } from "moleculer";
import { type Caller, createCaller } from "./call.ts";
import { watchRegistry } from "./discovery.ts";
import { guardBroker } from "./guard.ts";
import { type HealthListener, watchHealth } from "./health.ts";
import { checkHearsay } from "./hearsay.ts";
import { listener } from "./listener.ts";
import { matchInLinearTime } from "./match.ts";
import { announceGateway, tellGateways } from "./notice.ts";
import type { Settings } from "./options.ts";
import { askPeersEarly, peersAnswered } from "./tcp.ts";
import { within } from "./within.ts";

/** Milliseconds that TCP peers get to answer, and large fragments to come, before discovery counts as complete. */
const discoveryTimeout = 2_000;

/** A broker between its start and its stop. */
export interface Connection {
  /** Moleculer's broker. */
  readonly broker: ServiceBroker;
  /** Calls actions. */
  readonly call: Caller;
  /** Notes how it does now. */
  look(): void;
  /** Resolves when it is connected and discovery is complete. */
  ready(): Promise<void>;
  /** Lets running calls finish, and ends it; a broker that was there before only loses the gateway's listener. */
  close(): Promise<void>;
}

/** Where a connection leads. */
export interface ConnectionEnds {
  /** Is told what is there. */
  readonly sink: BrokerSink;
  /** Is told how it does. */
  readonly tell: HealthListener;
  /** What other gateways may ask. */
  readonly answers: PeerAnswers;
}

/** Makes a broker, or takes the one given, guards it, and tells the sink what it discovers. */
export function connect(
  embedded: ServiceBroker | undefined,
  settings: Settings,
  { sink, tell, answers }: ConnectionEnds,
): Connection {
  matchInLinearTime();
  const broker = embedded ?? createBroker(settings, tell);
  const health = watchHealth(broker, tell);
  protect(broker, tell);
  const discovery = watchRegistry(broker, sink);
  const running = new Set<Promise<unknown>>();
  const caller = createCaller(broker, settings);
  const service = broker.createService(listener(broker, sink, discovery, answers));
  tellGateways(broker);
  const stopAnnouncing = announceGateway(broker);

  return {
    broker,
    look: health.look,
    call: (scope, request) => {
      const answer = caller(scope, request);
      running.add(answer);
      const done = (): void => void running.delete(answer);
      answer.then(done, done);
      return answer;
    },
    ready: async () => {
      if (embedded === undefined) {
        for (const schema of settings.own.services) broker.createService(schema);
        await broker.start();
      } else if (!broker.started) {
        await new Promise((resolve) => broker.localBus.once("$broker.started", resolve));
      }
      await peersAnswered(broker, discoveryTimeout);
      health.look();
      discovery.refresh();
      await within(discovery.settled(), discoveryTimeout);
    },
    close: async () => {
      await settled(running, settings.shutdownTimeout);
      discovery.stop();
      stopAnnouncing();
      health.stop();
      if (embedded === undefined) await end(broker);
      else await broker.destroyService(service);
      tell("connecting", "It was stopped.");
    },
  };
}

/** Brokers that are guarded: one that is there already may be connected to more than once. */
const guarded = new WeakSet<ServiceBroker>();

function protect(broker: ServiceBroker, tell: HealthListener): void {
  if (guarded.has(broker)) return;
  guarded.add(broker);
  guardBroker(broker, {
    conflict: () => {
      broker.logger.error(`Another node calls itself ${broker.nodeID}. Node ids must be unique.`);
      tell("up", `Another node calls itself ${broker.nodeID}.`);
    },
    refused: (what) => broker.logger.warn(`Left out: ${what}.`),
  });
  askPeersEarly(broker);
  checkHearsay(broker);
}

function createBroker(settings: Settings, tell: HealthListener): ServiceBroker {
  const broker = new CautiousBroker(settings.moleculer ?? {});
  broker.fatal = (message, error) => {
    broker.logger.error(message, error);
    tell("failed", message);
  };
  return broker;
}

/** Moleculer's broker ends the process when something is wrong with its options; this one throws. */
class CautiousBroker extends ServiceBroker {
  override fatal(message: string, cause?: Error): void {
    const reason = cause === undefined ? message : `${message} ${cause.message}`;
    throw new TidegateError("CONFIG_INVALID", reason, { cause });
  }
}

/** Stops for good: a transporter that never got through would try again for ever. */
async function end(broker: ServiceBroker): Promise<void> {
  const { transit } = broker;
  if (transit !== undefined && !transit.tx.connected) {
    transit.opts = { ...transit.opts, disableReconnect: true };
    transit.tx.connect = () => Promise.reject(new Error("The broker was stopped."));
  }
  await broker.stop();
}

async function settled(running: ReadonlySet<Promise<unknown>>, ms: number): Promise<void> {
  if (running.size > 0) await within(Promise.allSettled(running), ms);
}
