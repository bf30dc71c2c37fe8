import type { ConnectorOptions, KnownValue, Sources } from "../../contracts/connector.ts";
import type { Json, JsonSchema } from "../../contracts/json.ts";
import type { ProtocolSources } from "../../contracts/protocol.ts";
import type { Finding } from "../../contracts/report.ts";
import type { Scope } from "../../contracts/scope.ts";
import { isObject, ownProperty } from "../values.ts";
import { type Cast, castError, declaredCast, refused } from "./cast.ts";
import { compileValue, type MappingContext, type Resolve } from "./mapping.ts";
import { plainParam } from "./plain-param.ts";
import { refusedKeys } from "./reference.ts";
import { isTextSource } from "./text-source.ts";

/** A mapping of a connector, compiled (S3). */
export interface CompiledParams {
  /** The sources that it can read, without `context`. */
  readonly reads: readonly string[];
  /** The context values that it reads. They must be prepared before `make` is called. */
  readonly contexts: readonly string[];
  readonly batched: readonly string[];
  /** Whether the params that the action declares are filled in. */
  readonly implicit: boolean;
  /**
   * Computes the params.
   * @param declared the schema of the action's params, where the action declares one
   * @throws {TidegateError} `BAD_USER_INPUT` where a cast fails
   */
  make(sources: Sources, scope: Scope, declared: JsonSchema | undefined): unknown;
}

/** The options of compiling a mapping. */
export interface ParamsOptions extends Pick<Required<ConnectorOptions>, "implicit" | "batching"> {
  /** The sources that the mapping can read. */
  readonly sources: ProtocolSources;
  /** Names of the sources of other protocols. Default: those of the specification. */
  readonly foreignSources?: ReadonlySet<string>;
  /** The JSON path of the mapping in the fragment. */
  readonly jsonPath: string;
  /** What is known of the values of the sources (S1.7). Default: nothing. */
  readonly known?: Readonly<Record<string, KnownValue>>;
  readonly contexts: readonly string[];
  /** Whether declared params are filled in. */
  readonly implicitParams: boolean;
  addFinding(finding: Finding): void;
}

/**
 * Compiles `params`, once per fragment. Without a mapping the params are an empty object. Where the mapping
 * is not an object (`@body`, a list), its value is the complete params: no implicit params are added.
 */
export function compileParams(mapping: Json | undefined, options: ParamsOptions): CompiledParams {
  const context: MappingContext = {
    jsonPath: options.jsonPath,
    sources: options.sources,
    ...(options.foreignSources && { foreignSources: options.foreignSources }),
    ...(options.known && { known: options.known }),
    contexts: options.contexts,
    batching: options.batching,
    addFinding: options.addFinding,
    reads: new Set(),
    contextReads: new Set(),
    batched: new Set(),
  };
  const resolve = mapping === undefined ? undefined : compileValue(mapping, [], context);
  const implicit = options.implicitParams && isObject(mapping ?? {}) && options.implicit.length > 0;
  return {
    reads: [...context.reads.union(new Set(implicit ? options.implicit : []))],
    contexts: [...context.contextReads],
    batched: [...context.batched],
    implicit,
    make: implicit
      ? makeWithImplicitParams(resolve, Object.keys(mapping ?? {}), options)
      : makeExplicitParams(resolve),
  };
}

function makeExplicitParams(resolve: Resolve | undefined): CompiledParams["make"] {
  return (sources, scope) => {
    const params = resolve?.(sources, scope);
    return params === undefined ? {} : params;
  };
}

/** A param that the action declares and the mapping does not contain. */
interface ImplicitParam {
  readonly name: string;
  /** How texts become the declared type; undefined where texts fit. */
  readonly cast: Cast | undefined;
}

/**
 * Fills in the params that the action declares and the mapping does not contain (S3.3): the first source, in
 * order, that has a member of the param's name provides the value. Texts are cast to the declared type.
 *
 * @param named the members of the mapping: never filled in, even where their values are absent
 */
function makeWithImplicitParams(
  resolve: Resolve | undefined,
  named: readonly string[],
  { implicit: order, sources: sourceKinds }: ParamsOptions,
): CompiledParams["make"] {
  // Each declaration is prepared once, by its identity: a changed action has a new declaration, and needs no
  // new version.
  const prepared = new WeakMap<JsonSchema, readonly ImplicitParam[]>();
  let last: JsonSchema | undefined;
  let implicitParams: readonly ImplicitParam[] = [];
  return (sources, scope, declared) => {
    const params = resolve === undefined ? {} : (resolve(sources, scope) as Record<string, unknown>);
    if (declared === undefined) return params;
    if (declared !== last) {
      implicitParams = prepared.get(declared) ?? implicitParamsOf(declared, named);
      prepared.set(declared, implicitParams);
      last = declared;
    }
    for (const { name, cast } of implicitParams) {
      for (const source of order) {
        const value = paramIn(sources[source], name);
        if (value === undefined) continue;
        const isText = sourceKinds[source]?.values === "text" || isFormField(value, sources[source]);
        const result = cast !== undefined && isText ? cast.of(value) : value;
        if (result === refused) throw castError(name, `@${source}.${name}`, cast?.expected ?? "", value);
        params[name] = plainParam(result);
        break;
      }
    }
    return params;
  };
}

function implicitParamsOf(declared: JsonSchema, named: readonly string[]): readonly ImplicitParam[] {
  return Object.entries(declared.properties ?? {})
    .filter(([name]) => !named.includes(name) && !refusedKeys.has(name))
    .map(([name, property]) => ({ name, cast: declaredCast(property) }));
}

/** The fields of a form are strings and lists. Numbers, which are usual in JSON bodies, are no fields. */
function isFormField(value: unknown, source: unknown): boolean {
  return typeof value !== "number" && typeof value !== "boolean" && isTextSource(source);
}

// Lists have no named params, and the metadata of a file are not params.
function paramIn(source: unknown, name: string): unknown {
  if (typeof source !== "object" || source === null || Array.isArray(source)) return undefined;
  return "createReadStream" in source ? undefined : ownProperty(source, name);
}
