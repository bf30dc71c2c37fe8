import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * A validator that can also describe itself: Standard Schema with its JSON Schema part.
 * Zod, Valibot and ArkType make them. The JSON Schema goes into the one of the whole fragment (S1.5).
 */
export interface DescribedSchema<Output = unknown> {
  /** Both interfaces of the standard in one member, as libraries give them. */
  readonly "~standard": StandardSchemaV1.Props<unknown, Output> & StandardJSONSchemaV1.Props<unknown, Output>;
}

/** A JSON Schema (2020-12), as far as we look into one. */
export interface JsonSchema {
  /** `string`, `number`, `integer`, `boolean`, `object`, `array`, `null`, or several. */
  readonly type?: string | readonly string[];
  /** Members of an object. */
  readonly properties?: { readonly [name: string]: JsonSchema };
  /** Members that must be there. */
  readonly required?: readonly string[];
  /** Items of an array. */
  readonly items?: JsonSchema;
  /** One of these. */
  readonly anyOf?: readonly JsonSchema[];
  /** One of these values. */
  readonly enum?: readonly unknown[];
  /** Everything else that the schema says. */
  readonly [keyword: string]: unknown;
}
