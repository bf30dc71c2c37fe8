import {
  type ConnectorInput,
  connectorMembers,
  type DescribedSchema,
  normalizeConnectors,
  type SubscribeConfig,
  subscribeSchema,
} from "@tidegate/core-registry";
import { z } from "zod";

/** The `GraphQL` part of a fragment as a service writes it (S5.1). */
export interface GraphQLInput {
  /** What this part of the API is, in Markdown. */
  readonly description?: string | undefined;
  /** Definitions and extensions of types, in GraphQL's schema language. */
  readonly typeDefs: string;
  /** What fields are mapped to, by type and field (S5.2). Default none. */
  readonly resolvers?: Readonly<Record<string, TypeResolversInput>> | undefined;
}

/** The resolvers of one type by field; `__resolveType` and `__isTypeOf` are functions of the type itself. */
export type TypeResolversInput = Readonly<Record<string, FieldResolverInput | string>>;

/** One field's connector, short forms included (S2.2); a text in its place is a function, short for `map`. */
export interface FieldResolverInput extends ConnectorInput {
  /** Receives events: fields of `Subscription` take this, and nothing else. */
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
        if (value !== undefined) fault([member], "A field that subscribes has no other connector.");
    },
    // Every fault is found in one pass (S1): zod would leave these checks out where it found one itself.
    { when: ({ value }) => typeof value === "object" && value !== null },
  );

const { $schema: _, ...describedResolver } = z.toJSONSchema(fieldResolver, { io: "input" });

// A union would say no more than that neither form fits; this checks the one that was meant.
const resolver: z.ZodType<FieldResolverInput | string> = z
  .any()
  .superRefine((value, context) => {
    if (typeof value === "string" && value !== "") return;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      context.addIssue({
        code: "custom",
        message: "A resolver is the text of a function, or an object with a connector.",
      });
      return;
    }
    for (const issue of fieldResolver.safeParse(value).error?.issues ?? [])
      context.issues.push({ ...issue, input: value });
  })
  .meta({ anyOf: [{ type: "string", minLength: 1 }, describedResolver] });

const byName = <Value>(value: z.ZodType<Value>, what: string): z.ZodType<Readonly<Record<string, Value>>> =>
  z.record(z.string(), value, { error: (issue) => (issue.code === "invalid_type" ? what : undefined) });

/** The schema of the part. */
export const graphqlSchema: DescribedSchema<GraphQLInput> = z.strictObject(
  {
    description: z.string({ error: "A description is a text." }).optional(),
    typeDefs: z.string({ error: "`typeDefs` is a text in GraphQL's schema language." }),
    resolvers: byName(
      byName(resolver, "The resolvers of a type are an object: a resolver by field."),
      "`resolvers` is an object: the resolvers by type.",
    ).optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "The part `GraphQL` is an object." : undefined) },
);
