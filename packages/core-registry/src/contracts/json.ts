import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";

export type { Json, JsonObject, JsonSchema } from "@tidegate/fragment";

/**
 * A validator with a JSON Schema: Standard Schema together with Standard JSON Schema, as Zod, Valibot and
 * ArkType implement them. The JSON Schema becomes a part of the fragment's (S1.5).
 */
export interface DescribedSchema<Output = unknown> {
  /** Both interfaces of the standard in one member. */
  readonly "~standard": StandardSchemaV1.Props<unknown, Output> & StandardJSONSchemaV1.Props<unknown, Output>;
}
