import {
  type Access,
  type DirectorySnapshot,
  type GatewayPage,
  type JsonObject,
  type NotServed,
  type Registry,
  type Reply,
  type Served,
  TidegateError,
  type Version,
} from "@tidegate/core-registry";
import { openApiDocument } from "./openapi/document.ts";

/** What the catalog is made of. */
export interface CatalogOptions {
  /** Whose fragments it describes. */
  readonly registry: Pick<Registry, "fragmentSchema">;
  /** Who may read it (S9.11). Default `local`. */
  readonly access?: Access;
}

/**
 * The pages that describe a branch (S14.1): `/~catalog/openapi.json`, its HTTP endpoints as OpenAPI 3.1, and
 * `/~catalog/fragment.json`, the JSON Schema of the fragments that services may publish (S1.5).
 * The first answers 404 or 503 where the branch or version that is asked for is not there.
 */
export function catalog({ registry, access = "local" }: CatalogOptions): readonly GatewayPage[] {
  const describe = documentCache();
  return [
    {
      method: "GET",
      path: "/~catalog/openapi.json",
      access,
      handle: (request, _scope, served) => {
        const { version, directory } = demandServed(served);
        const servers = [{ url: request.base === "" ? "/" : request.base }];
        return jsonReply("application/json", { ...describe(version, directory), servers });
      },
    },
    {
      method: "GET",
      path: "/~catalog/fragment.json",
      access,
      handle: () => jsonReply("application/schema+json", registry.fragmentSchema()),
    },
  ];
}

/** Makes a document once for each version and directory; what is no longer served is forgotten with its version. */
function documentCache(): (version: Version, directory: DirectorySnapshot) => JsonObject {
  const known = new WeakMap<
    Version,
    { readonly directory: DirectorySnapshot; readonly document: JsonObject }
  >();
  return (version, directory) => {
    const before = known.get(version);
    if (before?.directory === directory) return before.document;
    const document = openApiDocument(version, directory);
    known.set(version, { directory, document });
    return document;
  };
}

const missing = { branch: "BRANCH_UNKNOWN", tag: "VERSION_UNKNOWN", starting: "STARTING" } as const;

function demandServed(served: Served | NotServed): Served {
  if (served.version === undefined) throw new TidegateError(missing[served.missing]);
  return served;
}

function jsonReply(type: string, value: unknown): Reply {
  return { status: 200, headers: [["content-type", type]], body: JSON.stringify(value) };
}
