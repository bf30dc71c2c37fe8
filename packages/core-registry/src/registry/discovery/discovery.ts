import { LRUCache } from "lru-cache";
import type { Broker, BrokerSink, EventPacket, ServiceDescription } from "../../contracts/broker.ts";
import type { Clock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import { pluginError } from "../../runtime/boundary/guard.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import { connectionProblem, eventProblem, reportProblem } from "./check-report.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import {
  type Directory,
  type DirectoryService,
  effectiveOffers,
  emptyDirectory,
  type Offer,
  type Revisions,
  withOffer,
  withoutOffer,
  withRevisions,
  withState,
} from "./directory.ts";
import { Removals } from "./removals.ts";

/**
 * Keeps the directory up to date with what the brokers report:
 *
 * 1. A service comes up on a node, or changes there: its fragment is compiled, one after another; one that
 *    takes long does not delay the others. If the node reports the service again meanwhile, only the newest
 *    report counts. Then the offer goes into the directory.
 * 2. A service goes down on a node: its offer is marked at once, so that no call goes there, and is removed
 *    after the delay of S9.3, unless the service comes up again. While the broker itself has lost its
 *    connection, nothing of it is removed.
 * 3. After each change of the directory, `onChange` receives the branches that can be affected.
 */
export interface Discovery {
  readonly directory: Directory;
  /**
   * Creates the sink that receives the reports of a broker. `precedence` is the broker's place in the
   * configuration.
   */
  sink(broker: Broker, precedence: number): BrokerSink;
  /** By service: the revisions of its fragments (S9.2). Services that were removed lately are included. */
  revisions(): ReadonlyMap<string, Revisions>;
  /** Adds the revisions that another gateway knows. Does not call `onChange`. */
  addRevisions(revisions: ReadonlyMap<string, Revisions>): void;
  /**
   * Resolves when every reported fragment is compiled, or takes longer than others wait for it: a protocol
   * that waits for something delays nobody else (S17).
   */
  read(): Promise<void>;
  /** Resolves when every reported fragment is compiled. */
  settled(): Promise<void>;
  /** Cancels the timers. Later reports are ignored. */
  stop(): void;
}

/** The settings and callbacks of `createDiscovery`, from the registry. */
export interface DiscoveryOptions {
  readonly clock: Clock;
  /** Receives what a broker reported wrongly, and fragments that cannot be compiled. */
  readonly logger: Logger;
  /** Milliseconds until the offers of a node that left are removed. */
  readonly leftMs: number;
  /** Milliseconds until the offers of a node that was lost are removed. */
  readonly lostMs: number;
  /** Compiles a fragment. Returns at once where the fragment is known. */
  compile(raw: unknown, service: string): CompiledFragment | Promise<CompiledFragment>;
  readonly yieldToEventLoop: YieldToEventLoop;
  /** Receives the failures of brokers, which the gateway logs. */
  pluginFailed(error: unknown): void;
  /** Called with each event of any broker. */
  onEvent(packet: EventPacket): void;
  /** Called with a fragment whose branch name is invalid. No branch uses it. */
  onInvalidBranch(fragment: CompiledFragment): void;
  /**
   * Called after each change with the branches that it can affect. A change of master can affect all
   * branches.
   */
  onChange(branches: readonly string[]): void;
}

/** Creates a discovery with an empty directory. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const updater = new DirectoryUpdater(options);
  return {
    get directory() {
      return updater.directory;
    },
    sink: (broker, precedence) => updater.sink(broker, precedence),
    revisions: () => updater.revisions(),
    addRevisions: (revisions) => updater.addRevisions(revisions),
    read: () => updater.read(),
    settled: () => updater.settled(),
    stop: () => updater.stop(),
  };
}

/** How long the queue waits for one fragment, in milliseconds: protocols of ours need less than one. */
const maxWaitMs = 100;
/** How many removed services are remembered, with the revisions of their fragments. */
const maxRemoved = 1_000;
const noRevisions: Revisions = new Map();

class DirectoryUpdater {
  directory = emptyDirectory;
  readonly #options: DiscoveryOptions;
  #isStopped = false;
  /** By offer key: identifies the newest report. An older one that is still being compiled is dropped. */
  readonly #newestReport = new Map<string, symbol>();
  /** Resolves when the last fragment in the queue is compiled, or the queue goes on without it. */
  #reading: Promise<void> | undefined;
  /** Every fragment that is being compiled. */
  readonly #compiling = new Set<Promise<void>>();
  readonly #removals: Removals;
  readonly #removedServices = new LRUCache<string, Revisions>({ max: maxRemoved });

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#removals = new Removals(options.clock);
  }

  sink(broker: Broker, precedence: number): BrokerSink {
    const { logger, onEvent, pluginFailed } = this.#options;
    // The sink belongs to the plugin boundary: it never throws into the broker.
    const isValid = (member: string, problem: string | undefined): boolean => {
      if (problem !== undefined)
        pluginFailed(pluginError({ kind: "broker", name: broker.name }, member, `${problem}.`));
      return problem === undefined;
    };
    return {
      serviceUp: (service, node) => {
        if (this.#isStopped || !isValid("sink.serviceUp", reportProblem(service, node))) return;
        if (!isAllowedName(service.name, logger)) return;
        try {
          this.#serviceUp({ broker, precedence, node, description: service, state: "up" });
        } catch (error) {
          logger.error(`The description of service ${service.name} could not be processed.`, error);
        }
      },
      serviceDown: (service, node, how) => {
        if (this.#isStopped) return;
        const isText = typeof service === "string" && typeof node === "string";
        const problem = isText ? undefined : "the service or the node is no text";
        if (isValid("sink.serviceDown", problem)) this.#serviceDown(broker, precedence, service, node, how);
      },
      event: (packet) => {
        if (!this.#isStopped && isValid("sink.event", eventProblem(packet))) onEvent(packet);
      },
      connectionChanged: (state) => {
        if (this.#isStopped || !isValid("sink.connectionChanged", connectionProblem(state))) return;
        if (state === "lost") this.#removals.suspend(precedence);
        else this.#removals.resume(precedence);
      },
    };
  }

  #serviceUp(offer: Offer): void {
    const { description, precedence, node } = offer;
    const key = offerKey(precedence, description.name, node.id);
    this.#removals.cancel(key);
    const report = Symbol(key);
    this.#newestReport.set(key, report);
    if (description.fragment === undefined) this.#addOffer(offer);
    else this.#enqueue(key, report, offer);
  }

  #enqueue(key: string, report: symbol, offer: Offer): void {
    const { name } = offer.description;
    const turn = this.#reading;
    const compiling: Promise<void> = this.#compileAfter(turn, key, report, offer)
      .catch((error: unknown) =>
        this.#options.logger.error(`The fragment of service ${name} could not be compiled.`, error),
      )
      .finally(() => this.#compiling.delete(compiling));
    this.#compiling.add(compiling);
    const reading: Promise<void> = (turn ?? Promise.resolve())
      .then(() => within(maxWaitMs, compiling))
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
  }

  // One after another and with yields, since a thousand services can come up at once.
  async #compileAfter(
    turn: Promise<void> | undefined,
    key: string,
    report: symbol,
    offer: Offer,
  ): Promise<void> {
    const isOutdated = (): boolean => this.#isStopped || this.#newestReport.get(key) !== report;
    await turn;
    await this.#options.yieldToEventLoop();
    if (isOutdated()) return;
    const fragment = await this.#options.compile(offer.description.fragment, offer.description.name);
    if (!isOutdated()) this.#addOffer({ ...offer, fragment });
  }

  #addOffer(offer: Offer): void {
    const { name } = offer.description;
    const known = findOffer(this.directory, offer.broker, name, offer.node.id);
    const added = known === undefined ? offer : { ...offer, description: keepActions(known, offer) };
    const revisions = this.#removedServices.get(name) ?? noRevisions;
    this.#update(name, withRevisions(withOffer(this.directory, added), name, revisions));
    this.#removedServices.delete(name);
    if (offer.fragment !== undefined && offer.fragment.branch === undefined)
      this.#options.onInvalidBranch(offer.fragment);
  }

  #serviceDown(broker: Broker, precedence: number, name: string, node: string, how: "left" | "lost"): void {
    const { leftMs, lostMs } = this.#options;
    const key = offerKey(precedence, name, node);
    this.#newestReport.delete(key);
    this.#removals.schedule({
      key,
      precedence,
      delayMs: how === "left" ? leftMs : lostMs,
      run: () => this.#removeOffer(name, broker, node),
    });
    this.#update(name, withState(this.directory, name, broker, node, how), true);
  }

  #removeOffer(name: string, broker: Broker, node: string): void {
    const known = this.directory.services.get(name);
    this.#update(name, withoutOffer(this.directory, name, broker, node));
    if (known !== undefined && !this.directory.services.has(name))
      this.#removedServices.set(name, known.revisions);
  }

  /** @param isDown true: the offer's fragment stays until the offer is removed, so that no branch changes */
  #update(name: string, next: Directory, isDown = false): void {
    if (next === this.directory) return;
    const offers = changedOffers(this.directory.services.get(name), next.services.get(name));
    this.directory = next;
    const branches = isDown ? [] : offers.flatMap(({ fragment }) => fragment?.branch ?? []);
    // An unpublished action refuses the fragments of all services that map it (S2.4).
    if (offers.some(hasUnpublishedAction)) branches.push(masterBranch);
    this.#options.onChange([...new Set(branches)]);
  }

  revisions(): ReadonlyMap<string, Revisions> {
    const { services } = this.directory;
    return new Map([
      ...this.#removedServices.entries(),
      ...[...services.values()].map(({ name, revisions }) => [name, revisions] as const),
    ]);
  }

  addRevisions(revisions: ReadonlyMap<string, Revisions>): void {
    for (const [name, known] of revisions) {
      if (this.directory.services.has(name)) this.directory = withRevisions(this.directory, name, known);
      else this.#removedServices.set(name, known);
    }
  }

  async read(): Promise<void> {
    while (this.#reading !== undefined) await this.#reading;
  }

  async settled(): Promise<void> {
    await this.read();
    while (this.#compiling.size > 0) await Promise.all(this.#compiling);
  }

  stop(): void {
    this.#isStopped = true;
    this.#removals.stop();
  }
}

/** Resolves when the promise does, at the latest after the time. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([promise, late.promise]);
  clearTimeout(timer);
}

// By the broker's place in the configuration, since two brokers can have the same name.
function offerKey(precedence: number, service: string, node: string): string {
  return `${precedence}\n${service}\n${node}`;
}

function findOffer(directory: Directory, broker: Broker, name: string, node: string): Offer | undefined {
  return directory.services
    .get(name)
    ?.offers.find((offer) => offer.broker === broker && offer.node.id === node);
}

// Equal actions stay the same objects, since the schemas of their params are compared by identity (S3.4).
function keepActions(before: Offer, after: Offer): ServiceDescription {
  const isEqual = canonicalJson(before.description.actions) === canonicalJson(after.description.actions);
  return isEqual ? { ...after.description, actions: before.description.actions } : after.description;
}

/** The effective offers of a service that differ before and after a change. */
function changedOffers(
  before: DirectoryService | undefined,
  after: DirectoryService | undefined,
): readonly Offer[] {
  const previous = before === undefined ? [] : effectiveOffers(before);
  const current = after === undefined ? [] : effectiveOffers(after);
  return [
    ...previous.filter((offer) => !current.includes(offer)),
    ...current.filter((offer) => !previous.includes(offer)),
  ];
}

function hasUnpublishedAction({ description }: Offer): boolean {
  return description.actions.some(({ published }) => published === false);
}

// Control characters are not allowed, since a line feed could forge lines in logs and reports. A name that
// starts with `$` belongs to the broker, and is ignored silently.
function isAllowedName(name: string, logger: Logger): boolean {
  const isPlain = name !== "" && name.length <= 256 && !/\p{Cc}/u.test(name);
  if (isPlain && !name.startsWith("$") && name !== "__proto__") return true;
  if (!name.startsWith("$"))
    logger.warn(`Ignored a service with an invalid name: ${JSON.stringify(name.slice(0, 80))}.`);
  return false;
}
