import type { KnownValue, Sources } from "../../contracts/connector.ts";
import type { Json, JsonObject } from "../../contracts/json.ts";
import type { ProtocolSources } from "../../contracts/protocol.ts";
import type { Finding } from "../../contracts/report.ts";
import type { Scope } from "../../contracts/scope.ts";
import { jsonPath } from "../fragment/issues.ts";
import { castError, namedCast, refused } from "./cast.ts";
import { absentMember, knownNames } from "./known-values.ts";
import { plainParam } from "./plain-param.ts";
import { formatReference, parseReference, propertyReader, type Reference, refusedKeys } from "./reference.ts";

/**
 * Computes one value of a mapping; undefined where it is absent. Throws `BAD_USER_INPUT` where a cast fails.
 */
export type Resolve = (sources: Sources, scope: Scope) => unknown;

/** The input of compiling a mapping, and the sets that collect what the mapping reads. */
export interface MappingContext {
  /** The JSON path of the mapping in the fragment. */
  readonly jsonPath: string;
  /** The sources of the protocol, without `context`. */
  readonly sources: ProtocolSources;
  /** Names of the sources of other protocols. Default: those of the specification. */
  readonly foreignSources?: ReadonlySet<string>;
  /** What is known of the values of the sources (S1.7). Default: nothing. */
  readonly known?: Readonly<Record<string, KnownValue>>;
  readonly contexts: readonly string[];
  /** Whether the mapping can contain `[]` (S5.4). */
  readonly batching: boolean;
  addFinding(finding: Finding): void;
  /** Collects the sources that the mapping reads. */
  readonly reads: Set<string>;
  /** Collects the context values that the mapping reads. */
  readonly contextReads: Set<string>;
  /** Collects the names of the batched params. */
  readonly batched: Set<string>;
}

/** The keys from the mapping's root to one of its values. */
type Keys = readonly (string | number)[];

/** Compiles one value of a mapping (S3) to a function. */
export function compileValue(value: Json, keys: Keys, context: MappingContext): Resolve {
  if (typeof value === "string") return compileText(value, keys, context);
  if (value === null || typeof value !== "object") return () => value;
  return isList(value) ? compileList(value, keys, context) : compileObject(value, keys, context);
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

function compileList(items: readonly Json[], keys: Keys, context: MappingContext): Resolve {
  const resolves = items.map((item, index) => compileValue(item, [...keys, index], context));
  return (sources, scope) =>
    resolves.map((resolve) => resolve(sources, scope)).filter((value) => value !== undefined);
}

function compileObject(members: JsonObject, keys: Keys, context: MappingContext): Resolve {
  const resolves: [string, Resolve][] = [];
  for (const [name, member] of Object.entries(members)) {
    if (refusedKeys.has(name)) {
      context.addFinding({
        severity: "error",
        code: "PARAMS_INVALID",
        jsonPath: jsonPath([...keys, name], context.jsonPath),
        message: `A param cannot have the name \`${name}\`.`,
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
    const result: Record<string, unknown> = {};
    for (const [name, resolve] of resolves) {
      const value = resolve(sources, scope);
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

function compileText(text: string, keys: Keys, context: MappingContext): Resolve {
  const literal = (): unknown => text;
  const parsed = parseReference(text);
  if (parsed.kind === "literal") return literal;
  const source = parsed.kind === "invalid" ? parsed.source : parsed.reference.source;
  const path = jsonPath(keys, context.jsonPath);
  const known = knownSources(context);
  if (!known.includes(source)) {
    context.addFinding(unknownSource(source, text, path, known, context));
    return literal;
  }
  if (parsed.kind === "invalid") {
    context.addFinding({
      severity: "error",
      code: "PARAMS_INVALID",
      jsonPath: path,
      message: parsed.problem,
      expected: "`@source.key:cast` with the cast `number`, `boolean` or `string`",
      found: text,
      line: 1,
      column: parsed.column,
    });
    return literal;
  }
  return compileReference(parsed.reference, keys, path, context);
}

function compileReference(reference: Reference, keys: Keys, path: string, context: MappingContext): Resolve {
  const text = formatReference(reference);
  const refusedKey = reference.keys.find((key) => refusedKeys.has(key));
  if (refusedKey !== undefined) {
    context.addFinding({
      severity: "warning",
      code: "PARAMS_NEVER",
      jsonPath: path,
      message: `\`${text}\` never has a value: \`${refusedKey}\` is not readable.`,
      found: text,
    });
    return () => undefined;
  }
  if (reference.batched) addBatchedParam(reference, keys, path, context);
  const read =
    reference.source === "context"
      ? readContext(reference, path, context)
      : readSource(reference, path, context);
  if (reference.cast === undefined) return (sources, scope) => plainParam(read(sources, scope));
  const cast = namedCast(reference.cast);
  const parameter = jsonPath(keys);
  return (sources, scope) => {
    const value = read(sources, scope);
    if (value === undefined) return undefined;
    const result = cast.of(value);
    if (result === refused) throw castError(parameter, text, cast.expected, value);
    return result;
  };
}

function readSource(reference: Reference, path: string, context: MappingContext): Resolve {
  const { source } = reference;
  context.reads.add(source);
  warnAboutAbsentValue(reference, path, context);
  const read = propertyReader(reference.keys);
  return (sources) => read(sources[source]);
}

// Without a parent of the absent member, the source itself is always absent: `@body` of a GET request.
function warnAboutAbsentValue(reference: Reference, path: string, context: MappingContext): void {
  const { source, keys } = reference;
  const absent = absentMember(context.known?.[source] ?? "any", keys, "closed");
  if (absent === undefined) return;
  const member = absent.keys.at(-1);
  const parent = [`@${source}`, ...absent.keys.slice(0, -1)].join(".");
  const text = formatReference(reference);
  context.addFinding({
    severity: "warning",
    code: "PARAMS_NEVER",
    jsonPath: path,
    message:
      member === undefined
        ? `\`${text}\` never has a value: this endpoint has no \`@${source}\`.`
        : `\`${text}\` never has a value: \`${parent}\` has no \`${member}\`.`,
    found: text,
    ...(member === undefined ? {} : knownNames(member, absent.siblings, `${parent}.`)),
  });
}

function readContext(reference: Reference, path: string, context: MappingContext): Resolve {
  const [name, ...rest] = reference.keys;
  if (name === undefined) {
    for (const each of context.contexts) context.contextReads.add(each);
    return (_, scope) => scope.context.views(context.contexts);
  }
  if (!context.contexts.includes(name)) {
    context.addFinding({
      severity: "warning",
      code: "CONTEXT_UNKNOWN",
      jsonPath: path,
      message: `\`@context.${name}\` never has a value: the gateway has no such context.`,
      expected: context.contexts.length === 0 ? "no context" : `one of ${context.contexts.join(", ")}`,
      found: formatReference(reference),
      ...didYouMean(name, context.contexts, "@context."),
    });
    return () => undefined;
  }
  context.contextReads.add(name);
  const read = propertyReader(rest);
  return (_, scope) => read(scope.context.view(name));
}

function addBatchedParam(reference: Reference, keys: Keys, path: string, context: MappingContext): void {
  const [name] = keys;
  if (context.batching && keys.length === 1 && typeof name === "string") {
    context.batched.add(name);
    return;
  }
  context.addFinding({
    severity: "error",
    code: "BATCHING_INVALID",
    jsonPath: path,
    message: context.batching
      ? "Only params at the top level of the mapping can be batched."
      : "Only GraphQL can batch calls with `[]`.",
    found: formatReference(reference),
  });
}

function knownSources(context: MappingContext): readonly string[] {
  return [...Object.keys(context.sources), "context"];
}

// The sources of the specification's protocols. Any other word is a literal with a warning.
const specifiedSources = new Set(["path", "query", "body", "source", "args", "info", "message", "context"]);

function unknownSource(
  source: string,
  text: string,
  path: string,
  known: readonly string[],
  { foreignSources }: MappingContext,
): Finding {
  const isOfOtherProtocol = specifiedSources.has(source) || foreignSources?.has(source) === true;
  return {
    severity: isOfOtherProtocol ? "error" : "warning",
    code: isOfOtherProtocol ? "SOURCE_FOREIGN" : "SOURCE_UNKNOWN",
    jsonPath: path,
    message: isOfOtherProtocol
      ? `\`@${source}\` is a source of another protocol.`
      : `\`@${source}\` is not a source, so the text is sent unchanged.`,
    expected: `one of ${known.map((name) => `@${name}`).join(", ")}`,
    found: text,
    ...(isOfOtherProtocol ? {} : didYouMean(source, known, "@")),
  };
}

function didYouMean(name: string, known: readonly string[], prefix: string): Pick<Finding, "hint"> {
  const { hint } = knownNames(name, known, prefix);
  return hint === undefined ? {} : { hint };
}
