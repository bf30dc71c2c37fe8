import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  TypeInfo,
  type ValidationRule,
  validate,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { GraphQLSettings } from "../options.ts";
import { type Engine, engineOf } from "./engine.ts";
import { operationError } from "./errors.ts";
import { limitRule } from "./limits.ts";

/** A schema with what operations need to know of it. */
export interface OperationSchema {
  /** The schema, resolvers attached. */
  readonly schema: GraphQLSchema;
  /** Abstract types that only graphql-js can resolve. */
  readonly slow: ReadonlySet<string>;
}

/** One operation of one schema, validated. */
export interface Operation {
  /** The whole document. */
  readonly document: DocumentNode;
  /** The operation of it that is asked for. */
  readonly node: OperationDefinitionNode;
  /** The fields that it touches: `Query.player`. Abstract types stand among them by their names. */
  readonly touched: ReadonlySet<string>;
  /** Runs it. */
  readonly engine: Engine;
}

/** Why there is no operation. */
export interface RefusedOperation {
  /** What is wrong with it. */
  readonly errors: readonly GraphQLFormattedError[];
}

/** Reads, validates and compiles operations; keeps what it made (S5.7). */
export interface Operations {
  /** The operation of a text. Refusals are not kept: they would crowd out what is served. */
  find(of: OperationSchema, text: string, name: string | undefined): Operation | RefusedOperation;
}

// Characters. A few tokens can hold a long text, and what is kept holds it twice.
const mostText = 20_000_000;
const longestText = 200_000;

/** One cache for all schemas of a gateway. */
export function createOperations(settings: GraphQLSettings): Operations {
  const known = new LRUCache<string, Operation>({
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
  const rules: readonly ValidationRule[] = [
    ...specifiedRules,
    limitRule(settings),
    ...(settings.introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ];
  return {
    find(of, text, name) {
      const key = `${numberOf(of.schema)} ${name?.length ?? ""} ${name ?? ""} ${text}`;
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      const made = prepare(of, text, name, rules, settings);
      if (!("errors" in made)) known.set(key, made);
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
  const touched = touchedBy(of.schema, document);
  const isSlow = [...of.slow].some((type) => touched.has(type));
  return { document, node, touched, engine: engineOf(of.schema, document, node, isSlow) };
}

function touchedBy(schema: GraphQLSchema, document: DocumentNode): ReadonlySet<string> {
  const touched = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        const parent = types.getParentType();
        const type = getNamedType(types.getType());
        if (parent) touched.add(`${parent.name}.${name.value}`);
        if (type) touched.add(type.name);
      },
    }),
  );
  return touched;
}
