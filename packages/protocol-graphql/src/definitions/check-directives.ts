import type { Finding } from "@tidegate/core-registry";
import {
  type ArgumentNode,
  type ASTNode,
  type DirectiveNode,
  type GraphQLDirective,
  print,
  specifiedDirectives,
  validateInputLiteral,
  visit,
} from "graphql";
import { textLocation } from "./location.ts";
import { isExtension, type TypeSystemNode } from "./type-nodes.ts";

/** One fault of a directive, and the node that shows it. */
interface DirectiveFault {
  readonly at: ASTNode;
  readonly message: string;
}

/**
 * Returns the findings about directives whose arguments have values of a wrong type. The rules of graphql-js
 * for definitions check names and places only, and a wrong value throws while a schema is made.
 */
export function directiveFindings(
  definitions: readonly TypeSystemNode[],
  typeDefs: string,
  jsonPath: string,
): readonly Finding[] {
  const faults = definitions.flatMap((definition) => {
    const directives: DirectiveNode[] = [];
    visit(definition, { Directive: (node) => void directives.push(node) });
    return [...directives.flatMap(argumentFaults), ...oneOfFaults(definition)];
  });
  return faults.slice(0, maxFindings).map(({ at, message }) => ({
    severity: "error",
    code: "GRAPHQL_INVALID",
    jsonPath,
    message,
    ...textLocation(typeDefs, at.loc?.start ?? 0),
  }));
}

// Each position is looked up in the whole text.
const maxFindings = 20;

const directivesByName: ReadonlyMap<string, GraphQLDirective> = new Map(
  specifiedDirectives.map((directive) => [directive.name, directive]),
);

function argumentFaults({ name, arguments: args = [] }: DirectiveNode): readonly DirectiveFault[] {
  // Unknown directives and arguments are found with the definitions of the whole branch.
  const directive = directivesByName.get(name.value);
  return args.flatMap((arg): DirectiveFault[] => {
    const type = directive?.args.find((each) => each.name === arg.name.value)?.type;
    if (type === undefined) return [];
    const reasons: string[] = [];
    validateInputLiteral(arg.value, type, ({ message }) => void reasons.push(message));
    return reasons
      .slice(0, 1)
      .map((reason) => ({ at: arg.value, message: argumentMessage(name.value, arg, reason) }));
  });
}

function argumentMessage(directive: string, { name, value }: ArgumentNode, reason: string): string {
  return `Argument "@${directive}(${name.value}:)" has invalid value ${print(value).slice(0, 60)}: ${reason}`;
}

// graphql-js ignores the directive there, and the specification forbids it.
function oneOfFaults(definition: TypeSystemNode): readonly DirectiveFault[] {
  if (!isExtension(definition)) return [];
  return (definition.directives ?? [])
    .filter(({ name }) => name.value === "oneOf")
    .map((at) => ({
      at,
      message: "`@oneOf` belongs to the definition of an input type, not to an extension.",
    }));
}
