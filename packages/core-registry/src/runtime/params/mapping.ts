import type { Sources } from "../../contracts/connector.ts";
import type { Json, JsonObject } from "../../contracts/json.ts";
import type { Scope } from "../../contracts/scope.ts";
import { jsonPath } from "../fragment/json-path.ts";
import { castError, namedCast, refused } from "./cast.ts";
import {
  formatReference,
  type MappingContext,
  parseReference,
  type Reference,
  reader,
  refusedKeys,
} from "./reference.ts";

/** Makes one value of a mapping; undefined where it is absent. Throws `BAD_USER_INPUT` where a cast fails. */
export type Resolve = (sources: Sources, scope: Scope) => unknown;

/**
 * Compiles one value of a mapping (S3) to closures.
 *
 * @param keys where it stands below the mapping's root
 */
export function compileValue(
  value: Json,
  keys: readonly (string | number)[],
  context: MappingContext,
): Resolve {
  if (typeof value === "string") return compileText(value, keys, context);
  if (value === null || typeof value !== "object") return () => value;
  return isList(value) ? compileList(value, keys, context) : compileObject(value, keys, context);
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

function compileList(
  items: readonly Json[],
  keys: readonly (string | number)[],
  context: MappingContext,
): Resolve {
  const resolves = items.map((item, index) => compileValue(item, [...keys, index], context));
  return (sources, scope) =>
    resolves.map((resolve) => resolve(sources, scope)).filter((value) => value !== undefined);
}

function compileObject(
  members: JsonObject,
  keys: readonly (string | number)[],
  context: MappingContext,
): Resolve {
  const resolves: [string, Resolve][] = [];
  for (const [name, member] of Object.entries(members)) {
    if (name === "__proto__") {
      context.found({
        severity: "error",
        code: "PARAMS_INVALID",
        jsonPath: jsonPath([...keys, name], context.jsonPath),
        message: "A parameter cannot be called `__proto__`.",
      });
      continue;
    }
    resolves.push([name, compileValue(member, [...keys, name], context)]);
  }
  const only = resolves[0];
  if (only !== undefined && resolves.length === 1) {
    const [name, resolve] = only;
    return (sources, scope) => {
      const value = resolve(sources, scope);
      return value === undefined ? {} : { [name]: value };
    };
  }
  return (sources, scope) => {
    const made: Record<string, unknown> = {};
    for (const [name, resolve] of resolves) {
      const value = resolve(sources, scope);
      if (value !== undefined) made[name] = value;
    }
    return made;
  };
}

function compileText(text: string, keys: readonly (string | number)[], context: MappingContext): Resolve {
  const literal = (): unknown => text;
  const parsed = parseReference(text);
  if (parsed.kind === "literal") return literal;
  const source = parsed.kind === "broken" ? parsed.source : parsed.reference.source;
  const place = jsonPath(keys, context.jsonPath);
  const known = knownSources(context);
  if (!known.includes(source)) {
    context.found(foreignSource(source, text, place, known));
    return literal;
  }
  if (parsed.kind === "broken") {
    context.found({
      severity: "error",
      code: "PARAMS_INVALID",
      jsonPath: place,
      message: parsed.problem,
      expected: "`@source.key:cast`, the cast one of `number`, `boolean`, `string`",
      found: text,
      line: 1,
      column: parsed.column,
    });
    return literal;
  }
  return compileReference(parsed.reference, keys, place, context);
}

function compileReference(
  reference: Reference,
  keys: readonly (string | number)[],
  place: string,
  context: MappingContext,
): Resolve {
  const text = formatReference(reference);
  const dead = reference.keys.find((key) => refusedKeys.has(key));
  if (dead !== undefined) {
    context.found({
      severity: "warning",
      code: "PARAMS_NEVER",
      jsonPath: place,
      message: `\`${text}\` is always absent: \`${dead}\` never resolves.`,
      found: text,
    });
    return () => undefined;
  }
  if (reference.batched) takeBatched(reference, keys, place, context);
  const read =
    reference.source === "context" ? readContext(reference, place, context) : readSource(reference, context);
  if (reference.cast === undefined) return read;
  const cast = namedCast(reference.cast);
  const parameter = jsonPath(keys);
  return (sources, scope) => {
    const value = read(sources, scope);
    if (value === undefined) return undefined;
    const made = cast.of(value);
    if (made === refused) throw castError(parameter, text, cast.expected, value);
    return made;
  };
}

function readSource(reference: Reference, context: MappingContext): Resolve {
  const { source } = reference;
  context.reads.add(source);
  const read = reader(reference.keys);
  return (sources) => read(sources[source]);
}

function readContext(reference: Reference, place: string, context: MappingContext): Resolve {
  const [name, ...rest] = reference.keys;
  if (name === undefined) {
    for (const each of context.contexts) context.contextReads.add(each);
    return (_, scope) => scope.context.views(context.contexts);
  }
  if (!context.contexts.includes(name)) {
    context.found({
      severity: "warning",
      code: "CONTEXT_UNKNOWN",
      jsonPath: place,
      message: `Nothing makes \`@context.${name}\`: it is always absent.`,
      expected: context.contexts.length === 0 ? "no context" : `one of ${context.contexts.join(", ")}`,
      found: formatReference(reference),
    });
    return () => undefined;
  }
  context.contextReads.add(name);
  const read = reader(rest);
  return (_, scope) => read(scope.context.view(name));
}

function takeBatched(
  reference: Reference,
  keys: readonly (string | number)[],
  place: string,
  context: MappingContext,
): void {
  const [name] = keys;
  if (context.batching && keys.length === 1 && typeof name === "string") {
    context.batched.add(name);
    return;
  }
  context.found({
    severity: "error",
    code: "BATCHING_INVALID",
    jsonPath: place,
    message: context.batching
      ? "Only params at the mapping's top level travel in batches."
      : "`[]` batches calls in GraphQL, and nowhere else.",
    found: formatReference(reference),
  });
}

function knownSources(context: MappingContext): readonly string[] {
  return [...Object.keys(context.sources), "context"];
}

// Sources of the protocols that the specification knows; a third party's own word is a literal with a warning.
const everySource = new Set(["path", "query", "body", "source", "args", "info", "message", "context"]);

function foreignSource(
  source: string,
  text: string,
  place: string,
  known: readonly string[],
): Parameters<MappingContext["found"]>[0] {
  const expected = `one of ${known.map((name) => `@${name}`).join(", ")}`;
  if (everySource.has(source)) {
    return {
      severity: "error",
      code: "SOURCE_FOREIGN",
      jsonPath: place,
      message: `\`@${source}\` is a source of another protocol.`,
      expected,
      found: text,
    };
  }
  return {
    severity: "warning",
    code: "SOURCE_UNKNOWN",
    jsonPath: place,
    message: `\`@${source}\` is no source: the text is passed on as it is.`,
    expected,
    found: text,
  };
}
