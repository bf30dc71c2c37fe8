import fc from "fast-check";
import {
  buildSchema,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  isAbstractType,
  isObjectType,
  isScalarType,
  OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { expect, test } from "vitest";
import { fastPath } from "../../src/execution/fast-path.ts";
import { providedScalars } from "../../src/schema/provided-types.ts";
import { testGateway } from "../test-gateway.ts";
import { actions, answer, paramsOf, typeDefs } from "./animals.ts";
import { type GeneratedOperation, operations } from "./generate-operation.ts";

type Call = readonly [action: string, params: unknown];

/** The data, the errors without order, and the calls of one operation. */
interface Outcome {
  readonly data: unknown;
  readonly errors: readonly string[];
  readonly calls: readonly Call[];
}

// Of two errors below one null, the first one counts: answers come in the order of the calls.
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** The gateway, and graphql-js with the same schema and resolvers. */
async function bothSides() {
  const { publish, ask, document } = await testGateway({ maxAliases: 1_000, maxDirectives: 1_000 });
  let calls: Call[] = [];
  const names = new Set(Object.values(actions).flatMap((fields) => Object.values(fields)));
  await publish(
    "zoo",
    {
      typeDefs,
      resolvers: Object.fromEntries(
        Object.entries(actions).map(([type, fields]) => [
          type,
          Object.fromEntries(
            Object.entries(fields).map(([field, action]) => [
              field,
              { call: { action, params: paramsOf(type), implicitParams: false } },
            ]),
          ),
        ]),
      ),
    },
    Object.fromEntries(
      [...names].map((name) => [
        name.slice("zoo.".length),
        async ({ params }: { readonly params: unknown }) => {
          calls.push([name, plain(params)]);
          await nextTurn();
          return answer(name, params as object);
        },
      ]),
    ),
  );
  const schema = referenceSchema((await document()) ?? "");
  const ours = async ({ text, variables }: GeneratedOperation): Promise<Outcome> => {
    calls = [];
    const reply = (await ask(text, variables)) as { data?: unknown; errors?: readonly object[] };
    return outcomeOf(reply.data, reply.errors ?? [], calls);
  };
  return { schema, ours, theirs: (operation: GeneratedOperation) => reference(schema, operation) };
}

/** Builds the schema of a text with the scalars of the gateway, and resolvers that do what connectors do. */
function referenceSchema(text: string): GraphQLSchema {
  const schema = buildSchema(text);
  const scalars = providedScalars({});
  for (const type of Object.values(schema.getTypeMap())) {
    const scalar = scalars.get(type.name);
    if (isScalarType(type) && scalar !== undefined)
      Object.assign(type, {
        coerceOutputValue: scalar.coerceOutputValue,
        coerceInputValue: scalar.coerceInputValue,
        coerceInputLiteral: scalar.coerceInputLiteral,
      });
    if (isAbstractType(type))
      Object.assign(type, { resolveType: (value: { __typename?: string }) => value.__typename });
    if (!isObjectType(type)) continue;
    for (const [name, action] of Object.entries(actions[type.name] ?? {}))
      Object.assign(type.getFields()[name] ?? {}, {
        resolve: async (source: { id?: string }, args: object, calls: Call[]) => {
          const id = "id" in paramsOf(type.name) && source.id !== undefined ? { id: source.id } : {};
          const params = { args, ...id };
          calls.push([action, plain(params)]);
          await nextTurn();
          return plain(answer(action, plain(params) as object));
        },
      });
  }
  return schema;
}

async function reference(schema: GraphQLSchema, { text, variables }: GeneratedOperation): Promise<Outcome> {
  const calls: Call[] = [];
  const result = await execute({
    schema,
    document: parse(text),
    contextValue: calls,
    variableValues: variables,
  });
  const errors = (result.errors ?? []).map((error) => formatReferenceError(error, "data" in result));
  return outcomeOf(result.data, errors, calls);
}

// By S12.5: services' errors keep their message and code, everything else is a fault of the reply.
function formatReferenceError(
  { message, path, locations, originalError }: GraphQLError,
  isExecuted: boolean,
) {
  if (!isExecuted) return { message, locations, extensions: { code: "BAD_USER_INPUT" } };
  const code =
    originalError !== undefined && "type" in originalError ? String(originalError.type) : "REPLY_INVALID";
  return { message, path, locations, extensions: { code } };
}

function outcomeOf(data: unknown, errors: readonly object[], calls: readonly Call[]): Outcome {
  const texts = errors.map((error) => {
    const { message, path, locations, extensions } = error as Record<string, unknown>;
    return JSON.stringify({ message, path, locations, extensions: withoutRequestId(extensions) });
  });
  return { data: plain(data), errors: texts.sort(), calls };
}

/** The gateway adds the id of the request to internal errors (S12.5), which graphql-js does not know. */
function withoutRequestId(extensions: unknown): unknown {
  const { requestId: _, ...others } = { ...(extensions as object) } as Record<string, unknown>;
  return others;
}

// The fields of a mutation run in order. Those of a query have none.
function comparable({ data, errors, calls }: Outcome, isOrdered: boolean): object {
  const texts = calls.map((call) => JSON.stringify(call));
  return { data: JSON.stringify(data), errors, calls: isOrdered ? texts : texts.sort() };
}

// More runs continue the same sequence of operations.
const numRuns = Number(process.env.TIDEGATE_FUZZ_RUNS ?? 1_500);

test("S5.9: every generated operation has the data, the errors and the calls of graphql-js", {
  timeout: 600_000,
}, async () => {
  const { schema, ours, theirs } = await bothSides();
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  await fc.assert(
    fc.asyncProperty(operations(schema), async (operation) => {
      const document = parse(operation.text);
      const node = getOperationAST(document);
      if (node == null || validate(schema, document).length > 0) {
        count("invalid");
        return;
      }
      const isMutation = node.operation === OperationTypeNode.MUTATION;
      const expected = await theirs(operation);
      expect(comparable(await ours(operation), isMutation)).toEqual(comparable(expected, isMutation));
      const path = fastPath(schema, document, node);
      count("unsupported" in path ? path.unsupported : "fast path");
      count("valid");
      if (expected.errors.length > 0) count("with errors");
    }),
    { numRuns, seed: 20261127 },
  );
  console.info(Object.fromEntries(counts));
  expect(counts.get("valid")).toBeGreaterThan(numRuns / 3);
  expect(counts.get("fast path")).toBeGreaterThan(numRuns / 50);
});
