import type {
  DirectorySnapshot,
  Documents,
  DocumentsInput,
  Endpoint,
  Json,
  ProtocolVersion,
} from "@tidegate/core-registry";

/** Makes the OpenRPC document of a version. */
export function documents({ endpoints }: ProtocolVersion, input: DocumentsInput): Documents {
  const { version, directory } = input;
  const methods = endpoints.map((endpoint) => describe(endpoint, directory));
  const document = { openrpc: "1.3.2", info: { title: "JSON-RPC", version }, methods };
  return { "openrpc.json": JSON.stringify(document, undefined, 2) };
}

function describe(
  { label, description, deprecated, group, connectors }: Endpoint,
  directory: DirectorySnapshot,
): object {
  const names = connectors.flatMap(({ params, action = "" }) => [
    ...argsIn(params),
    ...Object.keys(directory.action(action)?.params?.properties ?? {}),
  ]);
  return {
    name: label,
    ...(description === undefined ? {} : { description }),
    ...(deprecated === true ? { deprecated } : {}),
    tags: [{ name: group.name }],
    paramStructure: "either",
    params: [...new Set(names)].map((name) => ({ name, schema: {} })),
    result: { name: "result", schema: {} },
  };
}

/** Finds the names of the params in a mapping: `@args.id` reads the param `id`. */
function argsIn(mapping: Json | undefined): readonly string[] {
  if (typeof mapping === "string") return /^@args\.([^.:[\]\s]+)/.exec(mapping)?.slice(1) ?? [];
  if (typeof mapping !== "object" || mapping === null) return [];
  return Object.values(mapping).flatMap(argsIn);
}
