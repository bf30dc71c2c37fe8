import type { Sources } from "../../contracts/connector.ts";
import type { JsonSchema } from "../../contracts/json.ts";
import { type Cast, castError, declaredCast, refused } from "./cast.ts";
import { ownProperty, refusedKeys } from "./reference.ts";

/** Fills in what an action declares and a mapping does not name (S3.3). */
export type FillIn = (params: Record<string, unknown>, sources: Sources) => void;

/** Where implicit params come from. */
export interface ImplicitOptions {
  /** Sources in order; the first that has a parameter gives it. */
  readonly order: readonly string[];
  /** What each source is. */
  readonly sources: Readonly<Record<string, "text" | "data">>;
  /** Names that the mapping has at its top level: never filled in, also where they are absent. */
  readonly named: readonly string[];
}

interface Declared {
  readonly name: string;
  readonly cast: Cast | undefined;
}

/**
 * Makes the filler of one mapping. It compiles each declaration once, by its identity: a new declaration is a new
 * object, and needs no new version (S3.4).
 */
export function implicitParams(
  options: ImplicitOptions,
): (schema: JsonSchema | undefined) => FillIn | undefined {
  let known: WeakMap<JsonSchema, { readonly fillIn: FillIn | undefined }> | undefined;
  let last: JsonSchema | undefined;
  let lastFillIn: FillIn | undefined;
  return (schema) => {
    if (schema === last) return lastFillIn;
    if (schema === undefined) return undefined;
    known ??= new WeakMap();
    let made = known.get(schema);
    if (made === undefined) {
      made = { fillIn: compileFillIn(schema, options) };
      known.set(schema, made);
    }
    last = schema;
    lastFillIn = made.fillIn;
    return lastFillIn;
  };
}

function compileFillIn(schema: JsonSchema, options: ImplicitOptions): FillIn | undefined {
  const named = new Set(options.named);
  const declared: Declared[] = Object.entries(schema.properties ?? {})
    .filter(([name]) => !named.has(name) && !refusedKeys.has(name))
    .map(([name, property]) => ({ name, cast: declaredCast(property) }));
  if (declared.length === 0) return undefined;
  return (params, sources) => {
    for (const { name, cast } of declared) {
      for (const source of options.order) {
        const value = memberOf(sources[source], name);
        if (value === undefined) continue;
        const wanted = options.sources[source] === "text" ? cast : undefined;
        params[name] = wanted === undefined ? value : castText(wanted, value, name, source);
        break;
      }
    }
  };
}

// A list has no named params, and a file's metadata are not what the client sent.
function memberOf(holder: unknown, name: string): unknown {
  const value = ownProperty(holder, name);
  if (value === undefined || Array.isArray(holder)) return undefined;
  return isFile(holder) ? undefined : value;
}

function isFile(holder: unknown): boolean {
  return typeof holder === "object" && holder !== null && "createReadStream" in holder;
}

function castText(cast: Cast, value: unknown, name: string, source: string): unknown {
  const made = cast.of(value);
  if (made === refused) throw castError(name, `@${source}.${name}`, cast.expected, value);
  return made;
}
