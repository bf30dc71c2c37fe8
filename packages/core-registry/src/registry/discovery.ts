import type {
  Broker,
  BrokerSink,
  EventPacket,
  NodeDescription,
  ServiceDescription,
} from "../contracts/broker.ts";
import type { Clock } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";
import { canonicalJson } from "../fragment/canonical.ts";
import { masterBranch } from "../fragment/fragment.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import {
  type Directory,
  emptyDirectory,
  type Offer,
  withOffer,
  withoutOffer,
  withState,
} from "./directory.ts";
import type { Pace } from "./pace.ts";

/** Keeps the directory: what the brokers say becomes data, with the waits of S9.3. */
export interface Discovery {
  /** What is known now. */
  readonly directory: Directory;
  /** What a broker is given to talk to. */
  sink(broker: Broker, precedence: number): BrokerSink;
  /** Resolves when every fragment that came was read. */
  settled(): Promise<void>;
  /** Ends its timers; what comes later is not heard. */
  stop(): void;
}

/** What discovery needs. */
export interface DiscoveryOptions {
  /** Time. */
  readonly clock: Clock;
  /** For what a broker should not have said. */
  readonly logger: Logger;
  /** Milliseconds before what a node that left published is forgotten. */
  readonly leftMs: number;
  /** The same, for a node that was lost. */
  readonly lostMs: number;
  /** Reads a fragment; at once where it is known. */
  compile(raw: unknown, service: string): CompiledFragment | Promise<CompiledFragment>;
  /** Gives the event loop its turns. */
  readonly pace: Pace;
  /** Told of each event. */
  event(packet: EventPacket): void;
  /** Told of a fragment whose branch cannot be told: no branch will. */
  unplaced(fragment: CompiledFragment): void;
  /** Told after each change, with the branches whose fragments it may touch. */
  changed(branches: readonly string[] | "all" | "none"): void;
}

/** Starts with an empty directory. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  let directory = emptyDirectory;
  let stopped = false;
  const newest = new Map<string, symbol>();
  let reading: Promise<void> | undefined;
  const removals = new Map<string, () => void>();

  const change = (next: Directory, branches: readonly string[] | "all" | "none"): void => {
    if (next === directory) return;
    directory = next;
    options.changed(branches);
  };

  const place = (offer: Offer): void => {
    const before = offerOf(directory, offer.broker, offer.description.name, offer.node.id);
    const kept = before === undefined ? offer : { ...offer, description: keepDeclarations(before, offer) };
    change(withOffer(directory, kept), touched(before, offer));
    if (offer.fragment !== undefined && offer.fragment.branch === undefined) options.unplaced(offer.fragment);
  };

  const remove = (key: string, name: string, broker: Broker, node: string): void => {
    removals.delete(key);
    const offer = offerOf(directory, broker, name, node);
    change(
      withoutOffer(directory, name, broker, node),
      offer === undefined ? "none" : touched(undefined, offer),
    );
  };

  // One after another, with turns for everybody else: a thousand services may come at once.
  const read = async (
    before: Promise<void> | undefined,
    key: string,
    ticket: symbol,
    offer: Offer,
  ): Promise<void> => {
    await before;
    await options.pace();
    if (stopped || newest.get(key) !== ticket) return;
    const fragment = await options.compile(offer.description.fragment, offer.description.name);
    if (!stopped && newest.get(key) === ticket) place({ ...offer, fragment });
  };

  const serviceUp = (
    broker: Broker,
    precedence: number,
    description: ServiceDescription,
    node: NodeDescription,
  ): void => {
    const key = keyOf(broker, description.name, node.id);
    removals.get(key)?.();
    removals.delete(key);
    const ticket = Symbol(key);
    newest.set(key, ticket);
    const offer: Offer = { broker, precedence, node, description, state: "up" };
    if (description.fragment === undefined) {
      place(offer);
      return;
    }
    const work: Promise<void> = read(reading, key, ticket, offer)
      .catch((error: unknown) =>
        options.logger.error(`The fragment of ${description.name} could not be read.`, error),
      )
      .finally(() => {
        if (reading === work) reading = undefined;
      });
    reading = work;
  };

  const serviceDown = (broker: Broker, name: string, node: string, how: "left" | "lost"): void => {
    const key = keyOf(broker, name, node);
    newest.delete(key);
    removals.get(key)?.();
    removals.set(
      key,
      options.clock.after(how === "left" ? options.leftMs : options.lostMs, () =>
        remove(key, name, broker, node),
      ),
    );
    change(withState(directory, name, broker, node, how), "none");
  };

  return {
    get directory() {
      return directory;
    },
    sink: (broker, precedence) => ({
      serviceUp: (service, node) => {
        if (stopped || !isName(service.name, options.logger)) return;
        serviceUp(broker, precedence, service, node);
      },
      serviceDown: (service, node, how) => {
        if (!stopped) serviceDown(broker, service, node, how);
      },
      event: (packet) => {
        if (!stopped) options.event(packet);
      },
    }),
    async settled() {
      while (reading !== undefined) await reading;
    },
    stop() {
      stopped = true;
      for (const cancel of removals.values()) cancel();
      removals.clear();
    },
  };
}

function keyOf(broker: Broker, service: string, node: string): string {
  return `${broker.name}\n${service}\n${node}`;
}

function offerOf(directory: Directory, broker: Broker, name: string, node: string): Offer | undefined {
  return directory.services
    .get(name)
    ?.offers.find((offer) => offer.broker === broker && offer.node.id === node);
}

// What is declared is compared by identity (S3.4): the same declaration told again stays the same object.
function keepDeclarations(before: Offer, after: Offer): ServiceDescription {
  const same = canonicalJson(before.description.actions) === canonicalJson(after.description.actions);
  return same ? { ...after.description, actions: before.description.actions } : after.description;
}

function touched(before: Offer | undefined, after: Offer): readonly string[] | "all" | "none" {
  const branches = [before, after].flatMap((offer) => offer?.fragment?.branch ?? []);
  if (branches.includes(masterBranch)) return "all";
  return branches.length === 0 ? "none" : branches;
}

function isName(name: string, logger: Logger): boolean {
  if (name !== "" && name.length <= 256 && !name.startsWith("$") && name !== "__proto__") return true;
  if (!name.startsWith("$"))
    logger.warn(`A service with an impossible name was left out: ${JSON.stringify(name.slice(0, 80))}`);
  return false;
}
