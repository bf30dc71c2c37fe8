import type { Broker, NodeDescription, ServiceDescription } from "../../contracts/broker.ts";
import type { CompiledFragment } from "./compile-fragment.ts";

/** Everything that the brokers said, as data. Immutable: each change makes a new one that shares the rest. */
export interface Directory {
  /** By full name. */
  readonly services: ReadonlyMap<string, DirectoryService>;
}

/** What is known of one service. */
export interface DirectoryService {
  /** Full name. */
  readonly name: string;
  /** What its nodes offer, those of the first broker first (S13.2), then by node. */
  readonly offers: readonly Offer[];
  /**
   * The lowest revision with which each fragment was ever seen, by hash: a node that starts again with a known fragment
   * never makes that fragment newer (S9.2).
   */
  readonly revisions: Revisions;
}

/** With which revision each fragment of a service was seen, by hash. */
export type Revisions = ReadonlyMap<string, number>;

/** One service on one node. */
export interface Offer {
  /** Who found it. */
  readonly broker: Broker;
  /** The broker's place in the configured order. */
  readonly precedence: number;
  /** Where it runs. */
  readonly node: NodeDescription;
  /** What it publishes. */
  readonly description: ServiceDescription;
  /** Its fragment, read and compiled; absent where it publishes none. */
  readonly fragment?: CompiledFragment;
  /** `left` and `lost`: the node is gone, the fragment waits for its removal (S9.3). */
  readonly state: "up" | "left" | "lost";
}

/** How many fragments of a service that nobody offers now are remembered. */
const mostRevisions = 64;

/** A directory of nothing. */
export const emptyDirectory: Directory = { services: new Map() };

/** The directory after a service came up on a node, or published something else there. */
export function withOffer(directory: Directory, offer: Offer): Directory {
  const name = offer.description.name;
  const service = directory.services.get(name) ?? { name, offers: [], revisions: new Map() };
  const others = service.offers.filter((other) => !isSame(other, offer.broker, offer.node.id));
  const offers = [...others, offer].sort(byPrecedence);
  return withService(directory, { name, offers, revisions: withRevision(service.revisions, offer, offers) });
}

/** The directory after a service went from a node. Its fragment stays until `withoutOffer`. */
export function withState(
  directory: Directory,
  name: string,
  broker: Broker,
  node: string,
  state: "left" | "lost",
): Directory {
  const service = directory.services.get(name);
  if (service === undefined || !service.offers.some((offer) => isSame(offer, broker, node))) return directory;
  const offers = service.offers.map((offer) => (isSame(offer, broker, node) ? { ...offer, state } : offer));
  return withService(directory, { ...service, offers });
}

/** The directory without what a node that went away had offered. One that came back meanwhile stays. */
export function withoutOffer(directory: Directory, name: string, broker: Broker, node: string): Directory {
  const service = directory.services.get(name);
  if (service === undefined) return directory;
  const offers = service.offers.filter((offer) => !isSame(offer, broker, node) || offer.state === "up");
  if (offers.length === service.offers.length) return directory;
  if (offers.length > 0) return withService(directory, { ...service, offers });
  const services = new Map(directory.services);
  services.delete(name);
  return { services };
}

/** The directory after it was heard with which revisions a service's fragments were seen before, or elsewhere. */
export function withRevisions(directory: Directory, name: string, revisions: Revisions): Directory {
  const service = directory.services.get(name);
  if (service === undefined) return directory;
  const next = lowest(service.revisions, revisions, service.offers);
  return next === service.revisions ? directory : withService(directory, { ...service, revisions: next });
}

/** What counts of a service's offers: those of the first broker, in the configured order, that has any (S13.2). */
export function ownOffers(service: DirectoryService): readonly Offer[] {
  const first = service.offers[0]?.precedence;
  return service.offers.filter((offer) => offer.precedence === first);
}

function withService(directory: Directory, service: DirectoryService): Directory {
  return { services: new Map(directory.services).set(service.name, service) };
}

function withRevision(revisions: Revisions, offer: Offer, offers: readonly Offer[]): Revisions {
  if (offer.fragment === undefined) return revisions;
  return lowest(revisions, new Map([[offer.fragment.hash, offer.description.revision ?? 0]]), offers);
}

function lowest(known: Revisions, others: Revisions, offers: readonly Offer[]): Revisions {
  const lower = [...others].filter(
    ([hash, revision]) => revision < (known.get(hash) ?? Number.POSITIVE_INFINITY),
  );
  if (lower.length === 0) return known;
  const next = new Map([...known, ...lower]);
  const offered = new Set(offers.map(({ fragment }) => fragment?.hash));
  for (const hash of next.keys()) {
    if (next.size <= mostRevisions) break;
    if (!offered.has(hash)) next.delete(hash);
  }
  return next;
}

function isSame(offer: Offer, broker: Broker, node: string): boolean {
  return offer.broker === broker && offer.node.id === node;
}

function byPrecedence(one: Offer, other: Offer): number {
  return one.precedence - other.precedence || (one.node.id < other.node.id ? -1 : 1);
}
