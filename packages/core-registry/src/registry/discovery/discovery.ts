import { LRUCache } from "lru-cache";
import type {
  Broker,
  BrokerSink,
  EventPacket,
  NodeDescription,
  ServiceDescription,
} from "../../contracts/broker.ts";
import type { Clock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import {
  type Directory,
  type DirectoryService,
  emptyDirectory,
  type Offer,
  ownOffers,
  type Revisions,
  withOffer,
  withoutOffer,
  withRevisions,
  withState,
} from "./directory.ts";

/** Keeps the directory: what the brokers say becomes data, with the waits of S9.3. */
export interface Discovery {
  /** What is known now. */
  readonly directory: Directory;
  /** What a broker is given to talk to. */
  sink(broker: Broker, precedence: number): BrokerSink;
  /** With which revisions fragments were seen, by service: also of services that are gone. */
  revisions(): ReadonlyMap<string, Revisions>;
  /** Takes over with which revisions somebody else saw them. Tells of no change. */
  learn(revisions: ReadonlyMap<string, Revisions>): void;
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
  readonly yieldToEventLoop: YieldToEventLoop;
  /** Told of each event. */
  event(packet: EventPacket): void;
  /** Told of a fragment whose branch cannot be told: no branch will. */
  unplaced(fragment: CompiledFragment): void;
  /** Told after each change, with the branches whose fragments it may touch; where it is master, all others too. */
  changed(branches: readonly string[]): void;
}

/** How many services that are gone are remembered, with the revisions of their fragments. */
const mostGone = 1_000;
const none: Revisions = new Map();

/** Starts with an empty directory. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  let directory = emptyDirectory;
  let stopped = false;
  const newest = new Map<string, symbol>();
  let reading: Promise<void> | undefined;
  const removals = new Map<string, () => void>();
  const gone = new LRUCache<string, Revisions>({ max: mostGone });

  const change = (name: string, next: Directory, isDown = false): void => {
    if (next === directory) return;
    const offers = changedOffers(directory.services.get(name), next.services.get(name));
    directory = next;
    const branches = isDown ? [] : branchesOf(offers);
    options.changed([...new Set([...branches, ...judgedBy(offers)])]);
  };

  const place = (offer: Offer): void => {
    const before = offerOf(directory, offer.broker, offer.description.name, offer.node.id);
    const kept = before === undefined ? offer : { ...offer, description: keepDeclarations(before, offer) };
    const { name } = offer.description;
    change(name, withRevisions(withOffer(directory, kept), name, gone.get(name) ?? none));
    gone.delete(name);
    if (offer.fragment !== undefined && offer.fragment.branch === undefined) options.unplaced(offer.fragment);
  };

  const remove = (key: string, name: string, broker: Broker, node: string): void => {
    removals.delete(key);
    const before = directory.services.get(name);
    change(name, withoutOffer(directory, name, broker, node));
    if (before !== undefined && !directory.services.has(name)) gone.set(name, before.revisions);
  };

  // One after another, with turns for everybody else: a thousand services may come at once.
  const read = async (
    before: Promise<void> | undefined,
    key: string,
    ticket: symbol,
    offer: Offer,
  ): Promise<void> => {
    await before;
    await options.yieldToEventLoop();
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
    const key = keyOf(precedence, description.name, node.id);
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

  const serviceDown = (
    broker: Broker,
    precedence: number,
    name: string,
    node: string,
    how: "left" | "lost",
  ): void => {
    const key = keyOf(precedence, name, node);
    newest.delete(key);
    removals.get(key)?.();
    removals.set(
      key,
      options.clock.after(how === "left" ? options.leftMs : options.lostMs, () =>
        remove(key, name, broker, node),
      ),
    );
    change(name, withState(directory, name, broker, node, how), true);
  };

  return {
    get directory() {
      return directory;
    },
    sink: (broker, precedence) => ({
      serviceUp: (service, node) => {
        if (stopped || !isName(service.name, options.logger)) return;
        try {
          serviceUp(broker, precedence, service, node);
        } catch (error) {
          options.logger.error(`What ${service.name} declares could not be read.`, error);
        }
      },
      serviceDown: (service, node, how) => {
        if (!stopped) serviceDown(broker, precedence, service, node, how);
      },
      event: (packet) => {
        if (!stopped) options.event(packet);
      },
    }),
    revisions: () =>
      new Map([
        ...gone.entries(),
        ...[...directory.services.values()].map(({ name, revisions }) => [name, revisions] as const),
      ]),
    learn(revisions) {
      for (const [name, known] of revisions) {
        if (directory.services.has(name)) directory = withRevisions(directory, name, known);
        else gone.set(name, known);
      }
    },
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

// By the broker's place: two of them may have one name.
function keyOf(precedence: number, service: string, node: string): string {
  return `${precedence}\n${service}\n${node}`;
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

/** What counts of a service's offers, and is not on both sides of a change. */
function changedOffers(
  before: DirectoryService | undefined,
  after: DirectoryService | undefined,
): readonly Offer[] {
  const old = before === undefined ? [] : ownOffers(before);
  const young = after === undefined ? [] : ownOffers(after);
  return [...old.filter((offer) => !young.includes(offer)), ...young.filter((offer) => !old.includes(offer))];
}

function branchesOf(offers: readonly Offer[]): string[] {
  return offers.flatMap(({ fragment }) => fragment?.branch ?? []);
}

// What may not be called refuses the fragments that map it (S2.4), whoever they are of.
function judgedBy(offers: readonly Offer[]): string[] {
  const isPrivate = offers.some(({ description }) =>
    description.actions.some(({ published }) => published === false),
  );
  return isPrivate ? [masterBranch] : [];
}

function isName(name: string, logger: Logger): boolean {
  // A line feed in a name would forge lines in what people read.
  const isPlain = name !== "" && name.length <= 256 && !/\p{Cc}/u.test(name);
  if (isPlain && !name.startsWith("$") && name !== "__proto__") return true;
  if (!name.startsWith("$"))
    logger.warn(`A service with an impossible name was left out: ${JSON.stringify(name.slice(0, 80))}`);
  return false;
}
