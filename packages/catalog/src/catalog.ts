import {
  type Access,
  type DirectorySnapshot,
  type Documents,
  type GatewayPage,
  type HttpRequest,
  type JsonObject,
  type JsonSchema,
  type NotServed,
  type Reply,
  type Served,
  TidegateError,
  type Version,
} from "@tidegate/core-registry";
import { asyncApiDocument } from "./asyncapi.ts";
import { openApiDocument } from "./openapi.ts";

/** The part of a registry that the catalog reads. */
export interface CatalogSource {
  /** Returns the JSON Schema (2020-12) of a whole fragment, composed from the loaded plugins (S1.5). */
  fragmentSchema(): JsonSchema;
  /** The documents of a version by file name, of all protocols. */
  documents(served: Served): Promise<Documents>;
}

/** The registry that the catalog describes, and the settings of its pages. */
export interface CatalogOptions {
  readonly registry: CatalogSource;
  /** The clients that can read the pages (S9.11). Default `local`. */
  readonly access?: Access;
}

/**
 * Creates the pages that describe a branch (S14.1):
 *
 * - `/~catalog/openapi.json`: the HTTP endpoints as OpenAPI 3.1,
 * - `/~catalog/asyncapi.json`: the WebSockets as AsyncAPI 3.0,
 * - `/~catalog/schema.graphql` and other documents of protocols, by their file names,
 * - `/~catalog/fragment.json`: the JSON Schema of the fragments that services can publish (S1.5),
 * - `/~catalog`: the names of these documents.
 *
 * All but `fragment.json` respond with 404 or 503 where the requested branch or version is not served.
 */
export function catalog(options: CatalogOptions): readonly GatewayPage[] {
  const { registry, access = "local" } = options;
  const openApi = cacheDocument(openApiDocument);
  const asyncApi = cacheDocument(asyncApiDocument);
  const page = (name: string, handle: GatewayPage["handle"]): GatewayPage => ({
    method: "GET",
    path: `${catalogPath}/${name}`,
    access,
    handle,
  });
  return [
    page("openapi.json", (request, _scope, served) => {
      const { version, directory } = requireServed(served);
      const servers = [{ url: request.base === "" ? "/" : request.base }];
      return jsonReply("application/json", { ...openApi(version, directory), servers });
    }),
    page("asyncapi.json", (request, _scope, served) => {
      const { version, directory } = requireServed(served);
      return jsonReply("application/json", { ...asyncApi(version, directory), ...asyncApiServers(request) });
    }),
    page("fragment.json", () => jsonReply("application/schema+json", registry.fragmentSchema())),
    {
      method: "GET",
      path: catalogPath,
      prefix: true,
      access,
      handle: async (request, _scope, served) =>
        documentReply(
          request.path.slice(catalogPath.length + 1),
          await registry.documents(requireServed(served)),
        ),
    },
  ];
}

type DescribeVersion = (version: Version, directory: DirectorySnapshot) => JsonObject;

/** Keeps the document of each version's latest directory for as long as the version exists. */
function cacheDocument(describe: DescribeVersion): DescribeVersion {
  const cache = new WeakMap<
    Version,
    { readonly directory: DirectorySnapshot; readonly document: JsonObject }
  >();
  return (version, directory) => {
    const cached = cache.get(version);
    if (cached?.directory === directory) return cached.document;
    const document = describe(version, directory);
    cache.set(version, { directory, document });
    return document;
  };
}

const notServedCodes = {
  branch: "BRANCH_UNKNOWN",
  tag: "VERSION_UNKNOWN",
  starting: "STARTING",
  evicted: "STARTING",
} as const;

function requireServed(served: Served | NotServed): Served {
  if (served.version === undefined) throw new TidegateError(notServedCodes[served.missing]);
  return served;
}

/** AsyncAPI has no relative addresses, so the server is the host that the client asked. */
function asyncApiServers(request: HttpRequest): JsonObject {
  const { base, peer } = request;
  const host = request.header("host");
  if (host === undefined) return {};
  const protocol = peer.encrypted ? "wss" : "ws";
  return { servers: { gateway: { host, protocol, ...(base !== "" && { pathname: base }) } } };
}

const catalogPath = "/~catalog";
const ownDocuments = ["asyncapi.json", "fragment.json", "openapi.json"];

/** The media types of documents by the extension of their name. Others are plain text. */
const mediaTypes: Readonly<Record<string, string>> = {
  json: "application/json; charset=utf-8",
  yaml: "application/yaml; charset=utf-8",
  yml: "application/yaml; charset=utf-8",
  md: "text/markdown; charset=utf-8",
};

/** A document of a protocol; without a name the list of all documents. */
function documentReply(name: string, documents: Documents): Reply {
  if (name === "")
    return jsonReply("application/json", { documents: [...ownDocuments, ...Object.keys(documents)].sort() });
  const body = Object.hasOwn(documents, name) ? documents[name] : undefined;
  if (body === undefined)
    throw new TidegateError("NOT_FOUND", `No protocol of this version provides ${name}.`);
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const type = Object.hasOwn(mediaTypes, extension) ? mediaTypes[extension] : undefined;
  return { status: 200, headers: [["content-type", type ?? "text/plain; charset=utf-8"]], body };
}

function jsonReply(type: string, value: unknown): Reply {
  return { status: 200, headers: [["content-type", type]], body: JSON.stringify(value) };
}
