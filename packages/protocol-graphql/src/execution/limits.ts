import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from "graphql";
import type { GraphQLSettings } from "../options.ts";

/** What an operation amounts to with its fragments spread. */
interface Size {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

const nothing: Size = { depth: 0, aliases: 0, directives: 0 };

/**
 * Refuses operations that are too deep or too wide (S5.6). Fragments count as often as they are spread: so a small
 * document cannot ask for thousands of fields. Each fragment is measured once.
 */
export function limitRule(settings: GraphQLSettings): ValidationRule {
  return (context): ASTVisitor => {
    const known = new Map<FragmentDefinitionNode, Size>();
    const measure = (set: SelectionSetNode | undefined): Size =>
      (set?.selections ?? []).reduce<Size>((sum, node) => {
        const directives = node.directives?.length ?? 0;
        if (node.kind === Kind.FIELD) {
          if (node.name.value === "__schema" || node.name.value === "__type") return sum;
          const below = measure(node.selectionSet);
          const aliases = below.aliases + (node.alias === undefined ? 0 : 1);
          return joined(sum, { depth: below.depth + 1, aliases, directives: below.directives + directives });
        }
        const below =
          node.kind === Kind.INLINE_FRAGMENT ? measure(node.selectionSet) : fragmentSize(node.name.value);
        return joined(sum, { ...below, directives: below.directives + directives });
      }, nothing);
    const fragmentSize = (name: string): Size => {
      const fragment = context.getFragment(name);
      if (fragment === undefined || fragment === null) return nothing;
      const size = known.get(fragment);
      if (size !== undefined) return size;
      // A fragment inside of itself is refused by another rule; here it must only come to an end.
      known.set(fragment, nothing);
      const made = measure(fragment.selectionSet);
      known.set(fragment, made);
      return made;
    };
    return {
      OperationDefinition: (node) => {
        const size = measure(node.selectionSet);
        const directives = size.directives + (node.directives?.length ?? 0);
        const over = (what: string, is: number, most: number): void => {
          if (is > most)
            context.reportError(
              new GraphQLError(`The operation ${what}: at most ${most} are allowed.`, { nodes: node }),
            );
        };
        over("nests too many fields", size.depth, settings.maxDepth);
        over("has too many aliases", size.aliases, settings.maxAliases);
        over("has too many directives", directives, settings.maxDirectives);
      },
    };
  };
}

// Sums stay small enough to be exact, whatever fragments multiply to.
function joined(one: Size, other: Size): Size {
  const bounded = (sum: number): number => Math.min(sum, 1_000_000);
  return {
    depth: Math.max(one.depth, other.depth),
    aliases: bounded(one.aliases + other.aliases),
    directives: bounded(one.directives + other.directives),
  };
}
