import { attachedValue } from "@tidegate/core-registry/runtime";
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

// In characters. A document of few tokens can still be long, and the cache holds its text twice.
const maxTotalLength = 20_000_000;
const maxLength = 200_000;

// The most schemas whose operations of one document are candidates for another schema, the newest first.
const maxCandidates = 4;

/**
 * Keeps the compiled operations of all schemas of a gateway (S5.7). An operation that was compiled for one
 * schema is used for another one in which all its dependencies are the same objects. The other operations of
 * a schema are released with it.
 */
export class OperationCache<Operation extends CachedOperation> {
  readonly #operations = attachedValue<GraphQLSchema, Map<string, Operation>>();
  /** Finds the operation of all schemas that was used least recently. The schemas hold the operations. */
  readonly #lastUsed: LRUCache<string, WeakRef<Map<string, Operation>>>;
  /** By document and operation name: the operations of the schemas that compiled it last. */
  readonly #candidates: LRUCache<string, readonly WeakRef<Operation>[]>;
  readonly #schemaNumbers = new WeakMap<GraphQLSchema, number>();
  #lastNumber = 0;

  constructor(maxOperations: number) {
    const limits = {
      max: maxOperations,
      maxSize: maxTotalLength,
      maxEntrySize: maxLength,
      sizeCalculation: (_: unknown, key: string): number => key.length,
    };
    this.#candidates = new LRUCache<string, readonly WeakRef<Operation>[]>(limits);
    this.#lastUsed = new LRUCache<string, WeakRef<Map<string, Operation>>>({
      ...limits,
      dispose: (operations, key) => void operations.deref()?.delete(key.slice(key.indexOf(" ") + 1)),
    });
  }

  /**
   * Returns the operation of a document and an operation name, compiled for this schema or for another one.
   */
  find(builtSchema: BuiltSchema, text: string, operationName: string | undefined): Operation | undefined {
    const request = requestKey(text, operationName);
    const cached = this.#operations.get(builtSchema.schema)?.get(request);
    if (cached !== undefined) {
      // Marks the operation as used.
      this.#lastUsed.get(this.#schemaKey(builtSchema, request));
      return cached;
    }
    const ofOtherSchema = (this.#candidates.get(request) ?? [])
      .flatMap((candidate) => candidate.deref() ?? [])
      .find(({ dependencies }) => dependencies !== undefined && areUnchanged(dependencies, builtSchema));
    if (ofOtherSchema !== undefined) this.#attach(builtSchema, request, ofOtherSchema);
    return ofOtherSchema;
  }

  /** Keeps an operation that was compiled for a schema. Very long documents are not kept. */
  add(builtSchema: BuiltSchema, text: string, operationName: string | undefined, operation: Operation): void {
    const request = requestKey(text, operationName);
    if (!this.#attach(builtSchema, request, operation)) return;
    const others = this.#candidates.get(request) ?? [];
    this.#candidates.set(request, [new WeakRef(operation), ...others].slice(0, maxCandidates));
  }

  #attach(builtSchema: BuiltSchema, request: string, operation: Operation): boolean {
    const operations = this.#operations.get(builtSchema.schema) ?? new Map<string, Operation>();
    const key = this.#schemaKey(builtSchema, request);
    this.#lastUsed.set(key, new WeakRef(operations));
    // The LRU cache refuses a key over the maximum length.
    if (!this.#lastUsed.has(key)) return false;
    operations.set(request, operation);
    this.#operations.set(builtSchema.schema, operations);
    return true;
  }

  #schemaKey({ schema }: BuiltSchema, request: string): string {
    const number = this.#schemaNumbers.get(schema) ?? ++this.#lastNumber;
    this.#schemaNumbers.set(schema, number);
    return `${number} ${request}`;
  }
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
