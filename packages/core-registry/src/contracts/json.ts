import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";

/** Any value that JSON can represent. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An object that JSON can represent. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * A validator with a JSON Schema: Standard Schema together with Standard JSON Schema, as Zod, Valibot and
 * ArkType implement them. The JSON Schema becomes a part of the fragment's (S1.5).
 */
export interface DescribedSchema<Output = unknown> {
  /** Both interfaces of the standard in one member. */
  readonly "~standard": StandardSchemaV1.Props<unknown, Output> & StandardJSONSchemaV1.Props<unknown, Output>;
}

/** A JSON Schema (2020-12), with types for the keywords that the core reads. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly [keyword: string]: unknown;
}
