import type { DescribedSchema, JsonSchema } from "../../contracts/json.ts";
import { envelope } from "./fragment.ts";
import { policySchema, withOwnId } from "./policy-schema.ts";
import type { FragmentPlugins } from "./read.ts";

const target = "draft-2020-12";

/** Composes the JSON Schema (2020-12) of a fragment from the schemas of the plugins (S1.5). */
export function fragmentSchema(plugins: FragmentPlugins): JsonSchema {
  const outer = envelope["~standard"];
  const fragment = describe({ "~standard": outer } as DescribedSchema);
  const protocols = plugins.protocols.map(({ name, schema }): [string, JsonSchema] => [
    name,
    withOwnId(describe(schema), `urn:tidegate:protocol:${name}`),
  ]);
  return {
    ...fragment,
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tidegate fragment",
    properties: {
      ...fragment.properties,
      policy: describe(policySchema(plugins.policies, plugins.disabledPolicies)),
      protocol: { type: "object", properties: Object.fromEntries(protocols) },
    },
  };
}

function describe(schema: DescribedSchema): JsonSchema {
  const { $schema: _, ...described } = schema["~standard"].jsonSchema.input({ target });
  return described;
}
