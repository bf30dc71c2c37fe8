import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import type { GraphQLSettings } from "../options.ts";

/** The size of a selection set, its fragments included. */
interface Size {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

const emptySize: Size = { depth: 0, aliases: 0, directives: 0 };

/**
 * Returns a validation rule that refuses operations over the limits of the options (S5.6). A fragment counts
 * each time it is spread, so that a small document cannot select thousands of fields.
 */
export function limitRule({ maxDepth, maxAliases, maxDirectives }: GraphQLSettings): ValidationRule {
  return (context): ASTVisitor => {
    const sizeOf = createMeasure(context);
    return {
      OperationDefinition: (node) => {
        const size = sizeOf(node.selectionSet);
        const check = (problem: string, found: number, limit: number): void => {
          if (found <= limit) return;
          const message = `The operation ${problem}: at most ${limit} are allowed.`;
          context.reportError(new GraphQLError(message, { nodes: node }));
        };
        check("has too many levels of fields", size.depth, maxDepth);
        check("has too many aliases", size.aliases, maxAliases);
        const directives = size.directives + (node.directives?.length ?? 0);
        check("has too many directives", directives, maxDirectives);
      },
    };
  };
}

/** Returns a function that measures selection sets. It measures each fragment once. */
function createMeasure(context: ValidationContext): (selectionSet: SelectionSetNode | undefined) => Size {
  const fragmentSizes = new Map<FragmentDefinitionNode, Size>();
  const sizeOf = (selectionSet: SelectionSetNode | undefined): Size =>
    (selectionSet?.selections ?? []).reduce<Size>((sum, node) => {
      const directives = node.directives?.length ?? 0;
      if (node.kind === Kind.FIELD) {
        // graphql-js limits introspection itself.
        if (node.name.value === "__schema" || node.name.value === "__type") return sum;
        const inner = sizeOf(node.selectionSet);
        const aliases = inner.aliases + (node.alias === undefined ? 0 : 1);
        return add(sum, { depth: inner.depth + 1, aliases, directives: inner.directives + directives });
      }
      const inner =
        node.kind === Kind.INLINE_FRAGMENT ? sizeOf(node.selectionSet) : fragmentSize(node.name.value);
      return add(sum, { ...inner, directives: inner.directives + directives });
    }, emptySize);
  const fragmentSize = (name: string): Size => {
    const fragment = context.getFragment(name);
    if (fragment === undefined || fragment === null) return emptySize;
    const known = fragmentSizes.get(fragment);
    if (known !== undefined) return known;
    // Another rule refuses a fragment that spreads itself. Here its size only has to be finite.
    fragmentSizes.set(fragment, emptySize);
    const size = sizeOf(fragment.selectionSet);
    fragmentSizes.set(fragment, size);
    return size;
  };
  return sizeOf;
}

// Sums have a bound, so that they stay exact however often fragments multiply.
function add(one: Size, other: Size): Size {
  const bounded = (sum: number): number => Math.min(sum, 1_000_000);
  return {
    depth: Math.max(one.depth, other.depth),
    aliases: bounded(one.aliases + other.aliases),
    directives: bounded(one.directives + other.directives),
  };
}
