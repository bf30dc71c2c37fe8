import type { Protocol } from "@tidegate/core-registry";
import type { ScalarOption } from "@tidegate/protocol-graphql";
import { z } from "zod";
import { live, openSection, section, thirdParty } from "./option.ts";
import type { NoOptions, ProtocolConfig, ResolvedProtocols } from "./types.ts";

const most = z.int().min(1);

/** For a plugin without options: `{}`, or `false`. */
export const noOptions: z.ZodType<NoOptions | false, NoOptions | false> = z.union(
  [section({}), z.literal(false)],
  { error: "must be {} or false" },
);

/** The options of `graphql()`, with its defaults. */
const graphql = section({
  maxDepth: most.default(15),
  maxAliases: z.int().min(0).default(30),
  maxTokens: most.default(2_000),
  maxDirectives: z.int().min(0).default(50),
  maxTypes: most.default(500),
  maxBranchTypes: most.default(5_000),
  maxOperations: most.default(1_000),
  maxSocketOperations: most.default(100),
  introspection: z.boolean().default(true),
  graphiql: z.boolean().default(true),
  scalars: z.record(z.string(), live<ScalarOption>("a scalar: an object", isObject)).default({}),
});

/** `schema.protocol`: ours are on unless they are `false`. */
export const protocols: z.ZodType<ResolvedProtocols, ProtocolConfig> = openSection(
  {
    REST: noOptions.default({}),
    GraphQL: z.union([graphql, z.literal(false)], { error: "must be { ... } or false" }).prefault({}),
    WebSocket: noOptions.default({}),
  },
  thirdParty<Protocol>("a protocol plugin"),
);

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
