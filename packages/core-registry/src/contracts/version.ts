import type { ConnectorDescription } from "./connector.ts";
import type { Assembled } from "./protocol.ts";
import type { Origin } from "./report.ts";
import type { Method } from "./request.ts";
import type { EndpointGroup, Route } from "./route.ts";
import type { ServiceRules } from "./scope.ts";

/** The immutable, compiled API of one branch. Its fragments determine its id (S9.4). */
export interface Version {
  /** The first 128 bits of the SHA-256 of its fragments' hashes: 32 hex digits. */
  readonly id: string;
  /** The first 8 digits of the id, which are the version's tag. */
  readonly name: string;
  /** Its fragments, ordered by service name. */
  readonly fragments: readonly VersionFragment[];
  /**
   * All served routes, in slices. Versions that contain the same fragment share its slice as the same array,
   * so that a router can be cached per slice.
   */
  readonly routes: readonly (readonly Route[])[];
  /** All served endpoints. Computed when they are read. */
  readonly endpoints: readonly Endpoint[];
  /** The rules of its services (S7.2). */
  readonly rules: ServiceRules;
  /** The share of each protocol, by its name. */
  readonly protocols: ReadonlyMap<string, ProtocolVersion>;
  /** Finds what a served route comes from, to name it where it fails. Costs a search. */
  routeOrigin(route: Route): RouteOrigin | undefined;
}

/** What a served route comes from. */
export interface RouteOrigin {
  /** The name of the protocol that made it. */
  readonly protocol: string;
  /** The service whose fragment defines it; undefined for a route of the protocol itself. */
  readonly service: string | undefined;
}

/** The share of one protocol in a version. */
export interface ProtocolVersion {
  /** The served endpoints of the protocol. Computed when they are read. */
  readonly endpoints: readonly Endpoint[];
  /** The result of `Protocol.assemble`; undefined where the protocol has none. */
  readonly assembled: Assembled | undefined;
}

/** One served endpoint as plain data, for catalogs, reports and differences between versions. */
export interface Endpoint {
  /** The name of its protocol. */
  readonly protocol: string;
  /** The key of the endpoint's claim: `GET /players/:`, `field Query.player`. */
  readonly key: string;
  /** The endpoint in the notation of its protocol: `GET /players/:id`, `Query.player`, `WS /chat/:room`. */
  readonly label: string;
  /** The developer's description of the endpoint, in Markdown. */
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly connectors: readonly ConnectorDescription[];
  readonly origin: Origin;
  /** The HTTP method and path, of an HTTP endpoint. */
  readonly http?: { readonly method: Method; readonly path: string };
  /** The path, of a WebSocket endpoint. */
  readonly websocket?: { readonly path: string };
  /** The field, of a GraphQL endpoint. */
  readonly graphql?: GraphQLField;
  /** The group in which a catalog lists the endpoint. */
  readonly group: EndpointGroup;
  /** The endpoint's behaviour as text: endpoints with equal texts behave equally. */
  readonly fingerprint: string;
}

/** Names a field of a GraphQL type. */
export interface GraphQLField {
  readonly type: string;
  readonly field: string;
}

/** One of the fragments from which a version was made. */
export interface VersionFragment {
  readonly service: string;
  readonly hash: string;
  /** The branch to which the fragment belongs. */
  readonly branch: string;
  /** Keys of its claims that wait for claims of other services (S5.8). */
  readonly waiting: readonly string[];
}
