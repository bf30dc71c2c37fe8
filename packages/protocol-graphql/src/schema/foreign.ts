import { fieldKey, typeKey } from "../definitions/claims.ts";
import type { Blame } from "./check.ts";
import type { LivePart } from "./live.ts";

/**
 * Resolvers for fields and types that their fragment does not define (S5.6), with who does.
 * @param fresh the parts to look at
 * @param parts who may define it
 */
export function foreignResolvers(fresh: readonly LivePart[], parts: readonly LivePart[]): readonly Blame[] {
  return fresh.flatMap(({ part: { origin, compiled } }) =>
    (compiled.data?.foreign ?? []).map(({ type, field, jsonPath }): Blame => {
      const isFunction = field.startsWith("__");
      const key = isFunction ? typeKey(type) : fieldKey(type, field);
      const what = isFunction ? type : `${type}.${field}`;
      const holder = parts.find(({ part }) => part.compiled.claims.some((claim) => claim.key === key))?.part
        .origin.service;
      const who = holder === undefined ? "no service defines it" : `the service \`${holder}\` defines it`;
      return {
        origin,
        finding: {
          severity: "error",
          code: "GRAPHQL_RESOLVER_FOREIGN",
          jsonPath,
          message: `\`${what}\` is not defined in this fragment's typeDefs: ${who}.`,
          expected: "a field or type of this fragment",
          found: what,
          hint: isFunction
            ? "Resolvers stand with the type's definition."
            : `Add the field with \`extend type ${type}\`, or take its resolver out.`,
        },
      };
    }),
  );
}
