import { attachedValue } from "@tidegate/core-registry";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { GraphQLSettings } from "../options.ts";
import { type Engine, engineOf } from "./engine.ts";
import { operationError } from "./errors.ts";
import { limitRule } from "./limits.ts";
import { touchedBy } from "./touched.ts";

/** A schema with what operations need to know of it. */
export interface OperationSchema {
  /** The schema, resolvers attached. */
  readonly schema: GraphQLSchema;
  /** Whether a type is an abstract one that only graphql-js can resolve. */
  isSlow(type: string): boolean;
  /**
   * What a field (`Query.player`) or a type is made of, resolvers and rules included. The same objects mean that nothing of
   * it changed.
   */
  marks(touched: string): readonly unknown[];
}

/** One operation of one schema, validated. */
export interface Operation {
  /** The whole document. */
  readonly document: DocumentNode;
  /** The operation of it that is asked for. */
  readonly node: OperationDefinitionNode;
  /** The fields that it touches: `Query.player`. The types of their values stand among them by their names. */
  readonly touched: ReadonlySet<string>;
  /** What all of it is made of that the schema says, by name; undefined where it asks for the schema itself. */
  readonly marks: Marks | undefined;
  /** Runs it. */
  readonly engine: Engine;
}

/** What an operation depends on, by field or type, as `OperationSchema.marks` says. */
export type Marks = ReadonlyMap<string, readonly unknown[]>;

/** Why there is no operation. */
export interface RefusedOperation {
  /** What is wrong with it. */
  readonly errors: readonly GraphQLFormattedError[];
}

/** Reads, validates and compiles operations; keeps what it made (S5.7). */
export interface Operations {
  /**
   * The operation of a text. One that was made on another schema is taken over where nothing of what it touches differs.
   * Refusals are not kept: they would crowd out what is served.
   */
  find(of: OperationSchema, text: string, name: string | undefined): Operation | RefusedOperation;
}

// Characters. A few tokens can hold a long text, and what is kept holds it twice.
const mostText = 20_000_000;
const longestText = 200_000;

// How many schemas' operations of one text are looked at, the newest first.
const mostOrigins = 4;

/** One cache for all schemas of a gateway. An operation that was not taken over goes with its schema. */
export function createOperations(settings: GraphQLSettings): Operations {
  const known = attachedValue<GraphQLSchema, Map<string, Operation>>();
  const used = new LRUCache<string, WeakRef<Map<string, Operation>>>({
    max: settings.maxOperations,
    maxSize: mostText,
    maxEntrySize: longestText,
    sizeCalculation: (_, key) => key.length,
    dispose: (held, key) => void held.deref()?.delete(key.slice(key.indexOf(" ") + 1)),
  });
  const origins = new LRUCache<string, readonly WeakRef<Operation>[]>({
    max: settings.maxOperations,
    maxSize: mostText,
    maxEntrySize: longestText,
    sizeCalculation: (_, key) => key.length,
  });
  const numbers = new WeakMap<GraphQLSchema, number>();
  let last = 0;
  const numberOf = (schema: GraphQLSchema): number => {
    const number = numbers.get(schema) ?? ++last;
    numbers.set(schema, number);
    return number;
  };
  const carried = (of: OperationSchema, request: string): Operation | undefined =>
    (origins.get(request) ?? [])
      .flatMap((held) => held.deref() ?? [])
      .find(({ marks }) => marks !== undefined && hasMarks(of, marks));
  const rules: readonly ValidationRule[] = [
    ...specifiedRules,
    limitRule(settings),
    ...(settings.introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ];
  return {
    find(of, text, name) {
      const request = `${name?.length ?? ""} ${name ?? ""} ${text}`;
      const key = `${numberOf(of.schema)} ${request}`;
      const held = known.get(of.schema) ?? new Map<string, Operation>();
      const cached = held.get(request);
      if (cached !== undefined) {
        used.get(key);
        return cached;
      }
      const taken = carried(of, request);
      const made = taken ?? prepare(of, text, name, rules, settings);
      if ("errors" in made) return made;
      used.set(key, new WeakRef(held));
      if (!used.has(key)) return made;
      held.set(request, made);
      known.set(of.schema, held);
      if (taken === undefined)
        origins.set(request, [new WeakRef(made), ...(origins.get(request) ?? [])].slice(0, mostOrigins));
      return made;
    },
  };
}

function prepare(
  of: OperationSchema,
  text: string,
  name: string | undefined,
  rules: readonly ValidationRule[],
  settings: GraphQLSettings,
): Operation | RefusedOperation {
  let document: DocumentNode;
  try {
    document = parse(text, { maxLexicalTokens: settings.maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { errors: [operationError(error, "GRAPHQL_PARSE_FAILED")] };
  }
  const errors = validate(of.schema, document, rules, { hideSuggestions: !settings.introspection });
  if (errors.length > 0)
    return { errors: errors.map((error) => operationError(error, "GRAPHQL_VALIDATION_FAILED")) };
  const node = getOperationAST(document, name);
  if (node === null || node === undefined) {
    const message =
      name === undefined ? "Say which operation: `operationName`." : `There is no operation ${name}.`;
    return { errors: [{ message, extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }] };
  }
  const { touched, needed } = touchedBy(of.schema, document);
  const isSlow = [...touched].some((type) => of.isSlow(type));
  const asksSchema = touched.has("Query.__schema") || touched.has("Query.__type");
  return {
    document,
    node,
    touched,
    marks: asksSchema ? undefined : new Map([...needed].map((each) => [each, of.marks(each)])),
    engine: engineOf(of.schema, document, node, isSlow),
  };
}

function hasMarks(of: OperationSchema, marks: Marks): boolean {
  for (const [name, before] of marks) {
    const after = of.marks(name);
    if (after.length !== before.length || before.some((mark, index) => mark !== after[index])) return false;
  }
  return true;
}
