import type { DescribedSchema, SubscribeConfig } from "@tidegate/core-registry";
import {
  type ConnectorInput,
  connectorMembers,
  normalizeConnectors,
  subscribeSchema,
} from "@tidegate/core-registry/runtime";
import { z } from "zod";

/** The `GraphQL` part of a fragment as a service writes it (S5.1). */
export interface GraphQLInput {
  /** Markdown. Catalogs show it as the description of the service's group. */
  readonly description?: string | undefined;
  /** Type definitions and type extensions in GraphQL's schema definition language. */
  readonly typeDefs: string;
  /** The resolvers by type name, then by field name (S5.2). Default: none. */
  readonly resolvers?: Readonly<Record<string, TypeResolversInput>> | undefined;
}

/**
 * The resolvers of one type by field name. `__resolveType` and `__isTypeOf` are functions of the type itself.
 */
export type TypeResolversInput = Readonly<Record<string, FieldResolverInput | string>>;

/**
 * The connector of one field, short forms included (S2.2). A string in its place is a function, short for
 * `map`.
 */
export interface FieldResolverInput extends ConnectorInput {
  /** The events of a field of `Subscription`. Such a field has no other connector. */
  readonly subscribe?: SubscribeConfig | undefined;
}

const fieldResolver: z.ZodType<FieldResolverInput> = z
  .strictObject({ ...connectorMembers, subscribe: subscribeSchema.optional() })
  .superRefine(
    (input, context) => {
      const fault = (path: readonly string[], message: string): void =>
        context.addIssue({ code: "custom", path: [...path], message });
      const { subscribe, ...others } = input;
      if (subscribe === undefined) {
        normalizeConnectors(others, fault);
        return;
      }
      for (const [member, value] of Object.entries(others))
        if (value !== undefined) fault([member], "A field with `subscribe` cannot have another connector.");
    },
    // One pass finds all faults (S1): without this, zod skips the check above when it finds a fault itself.
    { when: ({ value }) => typeof value === "object" && value !== null },
  );

const { $schema: _, ...resolverSchema } = z.toJSONSchema(fieldResolver, { io: "input" });
// With an `$id`, references inside begin at this schema, and not at the one that contains it.
const describedResolver = { $id: "tidegate:graphql-resolver", ...resolverSchema };

// A zod union would only report that neither form fits. This schema checks the form that the service meant.
const resolver: z.ZodType<FieldResolverInput | string> = z
  .any()
  .superRefine((value, context) => {
    if (typeof value === "string" && value !== "") return;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      context.addIssue({
        code: "custom",
        message: "A resolver must be the text of a function or an object with a connector.",
      });
      return;
    }
    for (const issue of fieldResolver.safeParse(value).error?.issues ?? [])
      context.issues.push({ ...issue, input: value });
  })
  .meta({ anyOf: [{ type: "string", minLength: 1 }, describedResolver] });

const recordOf = <Value>(
  value: z.ZodType<Value>,
  message: string,
): z.ZodType<Readonly<Record<string, Value>>> =>
  z.record(z.string(), value, { error: (issue) => (issue.code === "invalid_type" ? message : undefined) });

/** Checks the `GraphQL` part of a fragment, without the content of `typeDefs`. */
export const graphqlSchema: DescribedSchema<GraphQLInput> = z.strictObject(
  {
    description: z.string({ error: "`description` must be a string." }).optional(),
    typeDefs: z.string({ error: "`typeDefs` must be a string in GraphQL's schema definition language." }),
    resolvers: recordOf(
      recordOf(resolver, "The resolvers of a type must be an object with one resolver per field."),
      "`resolvers` must be an object with the resolvers of each type.",
    ).optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "The part `GraphQL` must be an object." : undefined) },
);
