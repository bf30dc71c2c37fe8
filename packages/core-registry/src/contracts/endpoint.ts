import type { ConnectorDescription } from "./connector.ts";
import type { Origin } from "./report.ts";
import type { Method } from "./request.ts";
import type { EndpointGroup } from "./route.ts";

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
