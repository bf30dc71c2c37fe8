import type { DescribedSchema } from "@tidegate/core-registry";
import {
  alwaysRefine,
  type ConnectorInput,
  connectorMembers,
  normalizeConnectors,
} from "@tidegate/core-registry/runtime";
import { z } from "zod";

/** The part `JsonRpc` of a fragment. */
export interface JsonRpcInput {
  readonly methods: readonly MethodInput[];
}

/** One method, with a connector: `call`, `publish` or `map`. */
export interface MethodInput extends ConnectorInput {
  /** The name that clients call, such as `player.get`. */
  readonly method: string;
  /** Describes the method in OpenRPC, in Markdown. */
  readonly description?: string | undefined;
  /** True: new clients should not use the method. Default false. */
  readonly deprecated?: boolean | undefined;
}

// JSON-RPC reserves the names that begin with `rpc.` for itself.
const methodName = z.string().regex(/^(?!rpc\.)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, {
  error: "Expected a name such as `player.get`, which does not begin with `rpc.`.",
});

const method: z.ZodType<MethodInput> = z
  .strictObject({
    method: methodName,
    description: z.string().optional(),
    deprecated: z.boolean().optional(),
    ...connectorMembers,
  })
  .superRefine((input, context) => {
    normalizeConnectors(input, (path, message) => {
      context.addIssue({ code: "custom", path: [...path], message });
    });
  }, alwaysRefine);

/** The schema of the part `JsonRpc`. */
export const schema: DescribedSchema<JsonRpcInput> = z.strictObject({ methods: z.array(method).max(1_000) });
