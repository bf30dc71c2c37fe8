import {
  type Access,
  type DirectorySnapshot,
  type GatewayPage,
  type HttpRequest,
  type JsonObject,
  type NotServed,
  type Registry,
  type Reply,
  type Served,
  TidegateError,
  type Version,
} from "@tidegate/core-registry";
import { asyncApiDocument } from "./asyncapi/document.ts";
import { openApiDocument } from "./openapi/document.ts";

/** What the catalog is made of. */
export interface CatalogOptions {
  /** Whose fragments it describes. */
  readonly registry: Pick<Registry, "fragmentSchema">;
  /** Who may read it (S9.11). Default `local`. */
  readonly access?: Access;
  /** Names of the documents that the protocols' shares of a version offer. Default `schema.graphql`. */
  readonly documents?: readonly string[];
}

/**
 * The pages that describe a branch (S14.1): `/~catalog/openapi.json`, its HTTP endpoints as OpenAPI 3.1; `/~catalog/asyncapi.json`,
 * what it says over WebSockets as AsyncAPI 3.0; `/~catalog/schema.graphql`, as its protocol offers it; and `/~catalog/fragment.json`, the
 * JSON Schema of the fragments that services may publish (S1.5).
 * All but the last answer 404 or 503 where the branch or version that is asked for is not there.
 */
export function catalog(options: CatalogOptions): readonly GatewayPage[] {
  const { registry, access = "local", documents = ["schema.graphql"] } = options;
  const openApi = documentCache(openApiDocument);
  const asyncApi = documentCache(asyncApiDocument);
  const page = (name: string, handle: GatewayPage["handle"]): GatewayPage => ({
    method: "GET",
    path: `/~catalog/${name}`,
    access,
    handle,
  });
  return [
    page("openapi.json", (request, _scope, served) => {
      const { version, directory } = demandServed(served);
      const servers = [{ url: request.base === "" ? "/" : request.base }];
      return jsonReply("application/json", { ...openApi(version, directory), servers });
    }),
    page("asyncapi.json", (request, _scope, served) => {
      const { version, directory } = demandServed(served);
      return jsonReply("application/json", { ...asyncApi(version, directory), ...socketServers(request) });
    }),
    ...documents.map((name) =>
      page(name, (_request, _scope, served) => textReply(demandDocument(demandServed(served).version, name))),
    ),
    page("fragment.json", () => jsonReply("application/schema+json", registry.fragmentSchema())),
  ];
}

type Describe = (version: Version, directory: DirectorySnapshot) => JsonObject;

/** Makes a document once for each version and directory; what is no longer served is forgotten with its version. */
function documentCache(describe: Describe): Describe {
  const known = new WeakMap<
    Version,
    { readonly directory: DirectorySnapshot; readonly document: JsonObject }
  >();
  return (version, directory) => {
    const before = known.get(version);
    if (before?.directory === directory) return before.document;
    const document = describe(version, directory);
    known.set(version, { directory, document });
    return document;
  };
}

const missing = {
  branch: "BRANCH_UNKNOWN",
  tag: "VERSION_UNKNOWN",
  starting: "STARTING",
  evicted: "STARTING",
} as const;

function demandServed(served: Served | NotServed): Served {
  if (served.version === undefined) throw new TidegateError(missing[served.missing]);
  return served;
}

/** AsyncAPI knows no relative address: it is the one that the client asked at. */
function socketServers(request: HttpRequest): JsonObject {
  const { base, peer } = request;
  const host = request.header("host");
  if (host === undefined) return {};
  const protocol = peer.encrypted ? "wss" : "ws";
  return { servers: { gateway: { host, protocol, ...(base !== "" && { pathname: base }) } } };
}

function demandDocument({ assembled }: Version, name: string): string {
  for (const { documents = {} } of assembled.values()) {
    const text = Object.hasOwn(documents, name) ? documents[name] : undefined;
    if (text !== undefined) return text;
  }
  throw new TidegateError("NOT_FOUND", `Nothing that this version serves makes ${name}.`);
}

function textReply(body: string): Reply {
  return { status: 200, headers: [["content-type", "text/plain; charset=utf-8"]], body };
}

function jsonReply(type: string, value: unknown): Reply {
  return { status: 200, headers: [["content-type", type]], body: JSON.stringify(value) };
}
