import type { ConnectorOptions, Sources } from "../../contracts/connector.ts";
import type { Json, JsonSchema } from "../../contracts/json.ts";
import type { Finding } from "../../contracts/report.ts";
import type { Scope } from "../../contracts/scope.ts";
import { implicitParams } from "./implicit.ts";
import { compileValue } from "./mapping.ts";
import type { MappingContext } from "./reference.ts";

/** A mapping, compiled (S3). */
export interface CompiledParams {
  /** The sources that it may read, without `context`. */
  readonly reads: readonly string[];
  /** The context values that it reads: to be prepared before it is made. */
  readonly contexts: readonly string[];
  /** Names of the params that travel in batches. */
  readonly batched: readonly string[];
  /** Whether what the action declares is filled in. */
  readonly implicit: boolean;
  /**
   * Makes the params.
   * @param declared what the action declares to take, where it is known
   * @throws {TidegateError} `BAD_USER_INPUT` where a cast fails
   */
  make(sources: Sources, scope: Scope, declared: JsonSchema | undefined): unknown;
}

/** What a mapping is compiled for. */
export interface ParamsOptions extends Pick<ConnectorOptions, "sources" | "implicit" | "batching"> {
  /** Where the mapping stands in the fragment. */
  readonly jsonPath: string;
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** Whether declared params are filled in. */
  readonly implicitParams: boolean;
  /** Takes what is wrong. */
  found(finding: Finding): void;
}

/**
 * Compiles `params` once per fragment. A mapping that is no object (`@body`, a list) is the whole: nothing is implicit
 * then. An absent mapping is an empty object; what is wholly absent is one too.
 */
export function compileParams(mapping: Json | undefined, options: ParamsOptions): CompiledParams {
  const context: MappingContext = {
    jsonPath: options.jsonPath,
    sources: options.sources,
    contexts: options.contexts,
    batching: options.batching,
    found: options.found,
    reads: new Set(),
    contextReads: new Set(),
    batched: new Set(),
  };
  const written = mapping ?? {};
  const whole =
    typeof mapping === "string" || mapping === null || typeof written !== "object" || Array.isArray(written);
  const resolve = compileValue(mapping === undefined ? {} : mapping, [], context);
  const implicit = options.implicitParams && !whole && options.implicit.length > 0;
  const collected = { contexts: [...context.contextReads], batched: [...context.batched], implicit };
  if (!implicit) {
    const make: CompiledParams["make"] = (sources, scope) => {
      const params = resolve(sources, scope);
      return params === undefined ? {} : params;
    };
    return { ...collected, reads: [...context.reads], make };
  }
  const named = Object.keys(written);
  const fillerFor = implicitParams({ order: options.implicit, sources: options.sources, named });
  return {
    ...collected,
    reads: [...context.reads.union(new Set(options.implicit))],
    make: (sources, scope, declared) => {
      const params = resolve(sources, scope) as Record<string, unknown>;
      fillerFor(declared)?.(params, sources);
      return params;
    },
  };
}
