import type { Broker, NodeDescription, ServiceDescription } from "../../contracts/broker.ts";
import type { CompiledFragment } from "./compile-fragment.ts";

/**
 * All services that the brokers report, on all nodes. Immutable: each change creates a new one that shares
 * the rest.
 */
export interface Directory {
  /** The services by their full names. */
  readonly services: ReadonlyMap<string, DirectoryService>;
}

/** A service with its offers on all nodes. */
export interface DirectoryService {
  readonly name: string;
  /** Sorted by the precedence of their brokers (S13.2), then by node. */
  readonly offers: readonly Offer[];
  /**
   * The lowest revision with which each fragment was ever seen, so that a node that restarts with a known
   * fragment never makes that fragment newer (S9.2).
   */
  readonly revisions: Revisions;
}

/** The revisions of a service's fragments, by hash. */
export type Revisions = ReadonlyMap<string, number>;

/** A service as one node offers it on one broker. */
export interface Offer {
  readonly broker: Broker;
  /** The broker's place in the configuration, from 0. */
  readonly precedence: number;
  readonly node: NodeDescription;
  readonly description: ServiceDescription;
  /** Absent where the node publishes no fragment. */
  readonly fragment?: CompiledFragment;
  /** `left` and `lost`: the node is gone, but the offer is not removed yet (S9.3). */
  readonly state: "up" | "left" | "lost";
}

/** How many revisions of a service are kept. Those of fragments that a node offers now are never dropped. */
const maxRevisions = 64;

/** A directory without services: the first one of every gateway. */
export const emptyDirectory: Directory = { services: new Map() };

/** Adds an offer, or replaces the one of the same service, broker and node. */
export function withOffer(directory: Directory, offer: Offer): Directory {
  const name = offer.description.name;
  const service = directory.services.get(name) ?? { name, offers: [], revisions: new Map() };
  const others = service.offers.filter((other) => !isOn(other, offer.broker, offer.node.id));
  const offers = [...others, offer].sort(byPrecedence);
  return withService(directory, { name, offers, revisions: withRevision(service.revisions, offer, offers) });
}

/** Sets the state of an offer after its service went down. Its fragment stays until `withoutOffer`. */
export function withState(
  directory: Directory,
  name: string,
  broker: Broker,
  node: string,
  state: "left" | "lost",
): Directory {
  const service = directory.services.get(name);
  if (service === undefined || !service.offers.some((offer) => isOn(offer, broker, node))) return directory;
  const offers = service.offers.map((offer) => (isOn(offer, broker, node) ? { ...offer, state } : offer));
  return withService(directory, { ...service, offers });
}

/** Removes an offer whose service is down. An offer that is up again stays. */
export function withoutOffer(directory: Directory, name: string, broker: Broker, node: string): Directory {
  const service = directory.services.get(name);
  if (service === undefined) return directory;
  const offers = service.offers.filter((offer) => !isOn(offer, broker, node) || offer.state === "up");
  if (offers.length === service.offers.length) return directory;
  if (offers.length > 0) return withService(directory, { ...service, offers });
  const services = new Map(directory.services);
  services.delete(name);
  return { services };
}

/**
 * Adds revisions of a service's fragments that were seen earlier, or by another gateway. The lower revision
 * stays.
 */
export function withRevisions(directory: Directory, name: string, revisions: Revisions): Directory {
  const service = directory.services.get(name);
  if (service === undefined) return directory;
  const next = lowestRevisions(service.revisions, revisions, service.offers);
  return next === service.revisions ? directory : withService(directory, { ...service, revisions: next });
}

/**
 * The offers that take effect: a service belongs to the first broker, in the configured order, that has
 * offers (S13.2).
 */
export function effectiveOffers(service: DirectoryService): readonly Offer[] {
  const first = service.offers[0]?.precedence;
  return service.offers.filter((offer) => offer.precedence === first);
}

function withService(directory: Directory, service: DirectoryService): Directory {
  return { services: new Map(directory.services).set(service.name, service) };
}

function withRevision(revisions: Revisions, offer: Offer, offers: readonly Offer[]): Revisions {
  if (offer.fragment === undefined) return revisions;
  const own = new Map([[offer.fragment.hash, offer.description.revision ?? 0]]);
  return lowestRevisions(revisions, own, offers);
}

function lowestRevisions(known: Revisions, others: Revisions, offers: readonly Offer[]): Revisions {
  const lower = [...others].filter(
    ([hash, revision]) => revision < (known.get(hash) ?? Number.POSITIVE_INFINITY),
  );
  if (lower.length === 0) return known;
  const next = new Map([...known, ...lower]);
  const offered = new Set(offers.map(({ fragment }) => fragment?.hash));
  for (const hash of next.keys()) {
    if (next.size <= maxRevisions) break;
    if (!offered.has(hash)) next.delete(hash);
  }
  return next;
}

function isOn(offer: Offer, broker: Broker, node: string): boolean {
  return offer.broker === broker && offer.node.id === node;
}

function byPrecedence(one: Offer, other: Offer): number {
  return one.precedence - other.precedence || (one.node.id < other.node.id ? -1 : 1);
}
