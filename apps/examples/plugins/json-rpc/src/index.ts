import {
  type Assembled,
  type Claim,
  type Compiled,
  type CompileTools,
  type Connector,
  defineProtocol,
  type Part,
  type Protocol,
} from "@tidegate/core-registry";
import { attachedValue, canonicalJson, normalizeConnectors } from "@tidegate/core-registry/runtime";
import { documents } from "./openrpc.ts";
import { type Methods, rpcRoute } from "./route.ts";
import { type JsonRpcInput, type MethodInput, schema } from "./schema.ts";

export type { JsonRpcInput, MethodInput } from "./schema.ts";

declare module "@tidegate/core-registry" {
  interface FragmentParts {
    /** Adds methods of JSON-RPC 2.0 to the API. */
    readonly JsonRpc?: JsonRpcInput | undefined;
  }
}

/** The path and the limit of the protocol; both have defaults. */
export interface JsonRpcOptions {
  /** The path that answers requests on every branch. Default `/rpc`. */
  readonly path?: string;
  /** How many requests a batch can have. Default 50. */
  readonly maxBatch?: number;
}

/**
 * Creates the protocol `JsonRpc` (JSON-RPC 2.0): the methods of all services on one path. Mappings read the
 * params of a request as `@args`.
 */
export function jsonRpc({
  path = "/rpc",
  maxBatch = 50,
}: JsonRpcOptions = {}): Protocol<JsonRpcInput, Methods> {
  const partsOf = attachedValue<Assembled, readonly Part<Methods>[]>();
  return defineProtocol<JsonRpcInput, Methods>({
    name: "JsonRpc",
    schema,
    sources: { args: { values: "data", fromClient: true } },
    reserved: [path],
    fingerprint: ({ methods }) => methods.map(({ description: _, deprecated: __, ...method }) => method),
    compile,
    assemble: (parts, { previous, logger }) => {
      if (previous !== undefined && isEqual(partsOf.get(previous), parts)) return previous;
      const methods = new Map(parts.flatMap(({ compiled }) => [...(compiled.data ?? [])]));
      const assembled: Assembled = { routes: [rpcRoute({ path, methods, maxBatch, logger })] };
      partsOf.set(assembled, parts);
      return assembled;
    },
    documents,
  });
}

/** Compiles the methods of one fragment. All of them, so that one report names all problems. */
function compile({ methods }: JsonRpcInput, tools: CompileTools): Compiled<Methods> {
  const compiled = methods.map((method, index) => compileMethod(method, index, tools));
  const valid = compiled.filter((method) => method !== undefined);
  return {
    claims: valid.map(({ claim }) => claim),
    data: new Map(valid.map(({ name, connector }) => [name, connector])),
  };
}

function compileMethod(
  { method: name, description, deprecated, ...input }: MethodInput,
  index: number,
  { connectors, origin }: CompileTools,
): { readonly name: string; readonly connector: Connector; readonly claim: Claim } | undefined {
  const jsonPath = `${origin.jsonPath}.methods[${index}]`;
  const long = normalizeConnectors(input, () => undefined);
  const connector = long && connectors.compile(long, { jsonPath, implicit: ["args"] });
  if (connector === undefined) return undefined;
  const endpoint = {
    jsonPath,
    ...(description === undefined ? {} : { description }),
    ...(deprecated === undefined ? {} : { deprecated }),
    connectors: [connector.description],
    fingerprint: canonicalJson(long),
  };
  return { name, connector, claim: { key: `method ${name}`, label: name, jsonPath, endpoint } };
}

function isEqual(before: readonly Part[] | undefined, after: readonly Part[]): boolean {
  return (
    before?.length === after.length &&
    after.every(({ compiled }, index) => compiled === before[index]?.compiled)
  );
}
