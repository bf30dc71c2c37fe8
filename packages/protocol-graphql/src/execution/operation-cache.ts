import { attachedValue } from "@tidegate/core-registry";
import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { BuiltSchema } from "../schema/built-schema.ts";

/** By schema coordinate: the objects that define what an operation uses (`BuiltSchema.definingObjects`). */
export type Dependencies = ReadonlyMap<string, readonly unknown[]>;

/** What the cache reads of an operation. */
export interface CachedOperation {
  /** Undefined: the operation is valid for its own schema only. */
  readonly dependencies: Dependencies | undefined;
}

/**
 * Keeps the compiled operations of all schemas of a gateway (S5.7). An operation that was compiled for one
 * schema is used for another one in which all its dependencies are the same objects. The other operations of
 * a schema are released with it.
 */
export interface OperationCache<Operation extends CachedOperation> {
  /**
   * Returns the operation of a document and an operation name, compiled for this schema or for another one.
   */
  find(builtSchema: BuiltSchema, text: string, operationName: string | undefined): Operation | undefined;
  /** Keeps an operation that was compiled for a schema. */
  add(builtSchema: BuiltSchema, text: string, operationName: string | undefined, operation: Operation): void;
}

// In characters. A document of few tokens can still be long, and the cache holds its text twice.
const maxTotalLength = 20_000_000;
const maxLength = 200_000;

// The most schemas whose operations of one document are candidates for another schema, the newest first.
const maxCandidates = 4;

/** Creates an empty cache. */
export function createOperationCache<Operation extends CachedOperation>(
  maxOperations: number,
): OperationCache<Operation> {
  const limits = {
    max: maxOperations,
    maxSize: maxTotalLength,
    maxEntrySize: maxLength,
    sizeCalculation: (_: unknown, key: string): number => key.length,
  };
  const operationsOf = attachedValue<GraphQLSchema, Map<string, Operation>>();
  // Decides which operation of all schemas was used least recently. The operations themselves are attached to
  // the schemas.
  const lastUsed = new LRUCache<string, WeakRef<Map<string, Operation>>>({
    ...limits,
    dispose: (operations, key) => void operations.deref()?.delete(key.slice(key.indexOf(" ") + 1)),
  });
  const candidates = new LRUCache<string, readonly WeakRef<Operation>[]>(limits);
  const schemaNumbers = new WeakMap<GraphQLSchema, number>();
  let lastNumber = 0;
  const numberOf = (schema: GraphQLSchema): number => {
    const number = schemaNumbers.get(schema) ?? ++lastNumber;
    schemaNumbers.set(schema, number);
    return number;
  };
  const keep = ({ schema }: BuiltSchema, request: string, operation: Operation): boolean => {
    const operations = operationsOf.get(schema) ?? new Map<string, Operation>();
    const key = `${numberOf(schema)} ${request}`;
    lastUsed.set(key, new WeakRef(operations));
    // The LRU cache refuses a key over the maximum length.
    if (!lastUsed.has(key)) return false;
    operations.set(request, operation);
    operationsOf.set(schema, operations);
    return true;
  };
  return {
    find(builtSchema, text, operationName) {
      const request = requestKey(text, operationName);
      const cached = operationsOf.get(builtSchema.schema)?.get(request);
      if (cached !== undefined) {
        // Marks the operation as used.
        lastUsed.get(`${numberOf(builtSchema.schema)} ${request}`);
        return cached;
      }
      const ofOtherSchema = (candidates.get(request) ?? [])
        .flatMap((candidate) => candidate.deref() ?? [])
        .find(({ dependencies }) => dependencies !== undefined && areUnchanged(dependencies, builtSchema));
      if (ofOtherSchema !== undefined) keep(builtSchema, request, ofOtherSchema);
      return ofOtherSchema;
    },
    add(builtSchema, text, operationName, operation) {
      const request = requestKey(text, operationName);
      if (!keep(builtSchema, request, operation)) return;
      const others = candidates.get(request) ?? [];
      candidates.set(request, [new WeakRef(operation), ...others].slice(0, maxCandidates));
    },
  };
}

// Starts with the length of the name, so that different pairs have different keys.
function requestKey(text: string, operationName: string | undefined): string {
  return `${operationName?.length ?? ""} ${operationName ?? ""} ${text}`;
}

function areUnchanged(dependencies: Dependencies, builtSchema: BuiltSchema): boolean {
  for (const [coordinate, before] of dependencies) {
    const after = builtSchema.definingObjects(coordinate);
    if (after.length !== before.length || before.some((each, index) => each !== after[index])) return false;
  }
  return true;
}

/** The schema coordinates of fields (`Query.player`) and types (`Player`) that a document uses. */
export interface Coordinates {
  /**
   * The selected fields, also those of the possible types of an abstract type, and the types of their values.
   */
  readonly selected: ReadonlySet<string>;
  /** `selected`, and the types of arguments, variables and type conditions. */
  readonly required: ReadonlySet<string>;
}

/** Collects the schema coordinates that a valid document uses. */
export function collectCoordinates(schema: GraphQLSchema, document: DocumentNode): Coordinates {
  const selected = new Set<string>();
  const required = new Set<string>();
  const typeInfo = new TypeInfo(schema);
  const requireType = (type: GraphQLNamedType | null | undefined): void => {
    if (type == null || required.has(type.name)) return;
    required.add(type.name);
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) requireType(getNamedType(field.type));
  };
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field: ({ name }) => {
        const parent = typeInfo.getParentType();
        const type = getNamedType(typeInfo.getType());
        if (parent) selected.add(`${parent.name}.${name.value}`);
        // The resolvers of the possible types run, not one of the abstract type.
        if (isAbstractType(parent))
          for (const possibleType of schema.getPossibleTypes(parent))
            selected.add(`${possibleType.name}.${name.value}`);
        if (type) selected.add(type.name);
        for (const arg of typeInfo.getFieldDef()?.args ?? []) requireType(getNamedType(arg.type));
      },
      NamedType: ({ name }) => requireType(schema.getType(name.value)),
    }),
  );
  for (const coordinate of selected) required.add(coordinate);
  return { selected, required };
}
