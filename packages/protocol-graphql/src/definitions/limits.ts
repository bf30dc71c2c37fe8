import type { Claim, Finding } from "@tidegate/core-registry";
import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind } from "graphql";
import { textLocation } from "./location.ts";
import { fieldsOf, keywordOf, type TypeSystemNode, typeSystemNodes } from "./type-nodes.ts";

/** The limits of one fragment (S5.6). Each is an option of `graphql()`. */
export interface DefinitionLimits {
  readonly maxTypes: number;
  readonly maxFields: number;
  readonly maxValues: number;
  readonly maxArguments: number;
  readonly maxMembers: number;
  readonly maxDefinitions: number;
}

/** A count that is over its limit. */
interface Excess {
  readonly code: string;
  /** The option that sets the limit. */
  readonly option: keyof DefinitionLimits;
  readonly message: string;
  readonly found: number;
  /** The definition that the finding shows. Undefined: the whole fragment. */
  readonly at?: { readonly loc?: TypeSystemNode["loc"] | undefined };
}

// Each position is looked up in the whole text.
const maxFindings = 10;

/**
 * Returns the findings about definitions over the limits of a fragment (S5.6). With any of them, the fragment
 * is refused unread, so that no later step has to be prepared for its size.
 */
export function limitFindings(
  document: DocumentNode,
  typeDefs: string,
  jsonPath: string,
  limits: DefinitionLimits,
): readonly Finding[] {
  const excesses = [...excessesOf(document, limits)];
  // The sum says nothing new beside one of its parts.
  const details = excesses.filter(({ option }) => option !== "maxDefinitions").slice(0, maxFindings);
  return (details.length > 0 ? details : excesses).map(({ code, option, message, found, at }) => ({
    severity: "error",
    code,
    jsonPath,
    message,
    expected: `at most ${limits[option]}`,
    found: String(found),
    hint: `Split the definition, or ask the operator of the gateway for a higher \`${option}\`.`,
    ...(at === undefined ? {} : textLocation(typeDefs, at.loc?.start ?? 0)),
  }));
}

/** Whether a document is over a limit. Faster than `limitFindings`, and works without locations. */
export function exceedsLimits(document: DocumentNode, limits: DefinitionLimits): boolean {
  return excessesOf(document, limits).next().done !== true;
}

/**
 * Returns a finding if too many claims of a fragment need what other fragments define, and so can wait
 * (S5.8). Counted whether or not the others are there, so that every gateway decides alike.
 */
export function waitingLimitFinding(
  claims: readonly Claim[],
  jsonPath: string,
  maxWaiting: number,
): Finding | undefined {
  const own = new Set(claims.map(({ key }) => key));
  const canWait = claims.filter(({ needs = [] }) =>
    needs.some((need) => (typeof need === "string" ? !own.has(need) : !need.some((key) => own.has(key)))),
  );
  const [first] = canWait;
  if (first === undefined || canWait.length <= maxWaiting) return undefined;
  return {
    severity: "error",
    code: "GRAPHQL_TOO_MANY_WAITING",
    jsonPath,
    message:
      "Too many definitions of the fragment refer to types of other fragments, and could wait for them.",
    expected: `at most ${maxWaiting}`,
    found: String(canWait.length),
    hint: "Define the types in this fragment, or ask the operator of the gateway for a higher `maxWaiting`.",
    ...first.locate?.(),
  };
}

function* excessesOf(document: DocumentNode, limits: DefinitionLimits): Generator<Excess, void> {
  const nodes = typeSystemNodes(document);
  const counts = new Map<string, number>();
  // The definitions that a fragment cannot contain count too.
  let total = document.definitions.length - nodes.length;
  for (const node of nodes) {
    const type = node.name.value;
    total += sizeOf(node);
    const count = (what: string, added: number): number => {
      const sum = (counts.get(`${what} ${type}`) ?? 0) + added;
      counts.set(`${what} ${type}`, sum);
      return sum;
    };
    const fields = count("fields", fieldsOf(node).length);
    if (fields > limits.maxFields)
      yield excess("maxFields", `\`${type}\` has too many fields.`, fields, node);
    const values = count("values", "values" in node ? (node.values?.length ?? 0) : 0);
    if (values > limits.maxValues)
      yield excess("maxValues", `\`${type}\` has too many values.`, values, node);
    const members = count("members", membersOf(node));
    const what = keywordOf(node) === "union" ? "member types" : "interfaces";
    if (members > limits.maxMembers)
      yield excess("maxMembers", `\`${type}\` has too many ${what}.`, members, node);
    for (const field of fieldsOf(node)) {
      const args = "arguments" in field ? (field.arguments?.length ?? 0) : 0;
      const message = `\`${type}.${field.name.value}\` has too many arguments.`;
      if (args > limits.maxArguments) yield excess("maxArguments", message, args, field);
    }
  }
  const types = new Set(nodes.map(({ name }) => name.value)).size;
  if (types > limits.maxTypes)
    yield excess("maxTypes", "The fragment defines or extends too many types.", types);
  const message = "The fragment has too many types, fields, arguments, members and values together.";
  if (total > limits.maxDefinitions) yield excess("maxDefinitions", message, total);
}

const codes: Readonly<Record<keyof DefinitionLimits, string>> = {
  maxTypes: "GRAPHQL_TOO_MANY_TYPES",
  maxFields: "GRAPHQL_TOO_MANY_FIELDS",
  maxValues: "GRAPHQL_TOO_MANY_VALUES",
  maxArguments: "GRAPHQL_TOO_MANY_ARGUMENTS",
  maxMembers: "GRAPHQL_TOO_MANY_MEMBERS",
  maxDefinitions: "GRAPHQL_TOO_MANY_DEFINITIONS",
};

function excess(option: keyof DefinitionLimits, message: string, found: number, at?: Excess["at"]): Excess {
  return { code: codes[option], option, message, found, ...(at === undefined ? {} : { at }) };
}

function membersOf(node: TypeSystemNode): number {
  const members = "types" in node ? (node.types?.length ?? 0) : 0;
  return members + ("interfaces" in node ? (node.interfaces?.length ?? 0) : 0);
}

/** The number of a node's definitions and directives, and of the values in them. */
function sizeOf(node: TypeSystemNode): number {
  let size = 1 + directivesSize(node) + membersOf(node);
  for (const value of "values" in node ? (node.values ?? []) : []) size += 1 + directivesSize(value);
  for (const field of fieldsOf(node)) {
    size += inputSize(field);
    for (const arg of "arguments" in field ? (field.arguments ?? []) : []) size += inputSize(arg);
  }
  return size;
}

interface WithDirectives {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

function directivesSize({ directives = [] }: WithDirectives): number {
  let size = directives.length;
  for (const { arguments: args = [] } of directives) for (const { value } of args) size += valueSize(value);
  return size;
}

function inputSize(node: WithDirectives & { readonly defaultValue?: ConstValueNode | undefined }): number {
  return 1 + directivesSize(node) + (node.defaultValue === undefined ? 0 : valueSize(node.defaultValue));
}

// A single value counts nothing: it belongs to its definition.
function valueSize(value: ConstValueNode): number {
  let size = 0;
  if (value.kind === Kind.LIST) for (const item of value.values) size += 1 + valueSize(item);
  if (value.kind === Kind.OBJECT) for (const field of value.fields) size += 1 + valueSize(field.value);
  return size;
}
