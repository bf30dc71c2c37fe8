import type {
  ConnectorDescription,
  DirectorySnapshot,
  Endpoint,
  Json,
  JsonObject,
  JsonSchema,
  Version,
} from "@tidegate/core-registry";
import { connectorInputs, type Inputs } from "./inputs.ts";
import { compareText, UniqueNames } from "./names.ts";
import { type PathTemplate, pathTemplates } from "./paths.ts";
import { operationSecurity, ruleDescriptions, rulesOf, securitySchemes } from "./security.ts";

interface PathItem {
  /** The key of the item: the path's template, with a fragment where an item with that shape exists. */
  readonly key: string;
  readonly path: PathTemplate;
  /** The OpenAPI operations by method in lower case. */
  readonly operations: Record<string, Json>;
}

interface OperationInput {
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: PathTemplate;
  /** The names that the document gives to the path's parameters, in their order. */
  readonly parameterNames: readonly string[];
  readonly operationId: string;
  readonly directory: DirectorySnapshot;
}

const methodsWithoutBody = new Set(["GET", "DELETE"]);

/**
 * Describes the HTTP endpoints of a version as an OpenAPI 3.1 document (S14.1). `servers` is left out,
 * because it depends on the request.
 *
 * @param directory the declared params of actions
 */
export function openApiDocument(version: Version, directory: DirectorySnapshot): JsonObject {
  const items = new Map<string, PathItem[]>();
  const operationIds = new UniqueNames();
  for (const endpoint of version.endpoints) addEndpoint(items, operationIds, endpoint, directory);
  const sorted = [...items.values()].flat().sort((a, b) => compareText(a.key, b.key));
  return {
    openapi: "3.1.1",
    info: { title: `API of branch ${directory.branch}`, version: version.name },
    tags: tagsOf(version.endpoints),
    paths: Object.fromEntries(sorted.map(({ key, operations }) => [key, operations])),
    components,
  };
}

function addEndpoint(
  items: Map<string, PathItem[]>,
  operationIds: UniqueNames,
  endpoint: Endpoint,
  directory: DirectorySnapshot,
): void {
  const { http } = endpoint;
  if (http === undefined) return;
  const method = http.method.toLowerCase();
  for (const path of pathTemplates(http.path)) {
    const { operations, path: first } = itemFor(items, path, method);
    operations[method] = describeOperation({
      endpoint,
      method: http.method,
      path,
      parameterNames: first.parameters.map(({ name }) => name),
      operationId: operationIds.create(`${method} ${path.template}`),
      directory,
    });
  }
}

/**
 * Returns the item of a path that has no operation of the method yet. OpenAPI takes two templates of one
 * shape as the same path, so a second route, which differs in a regular expression only, gets a path with a
 * fragment (`/players/{name}#2`), which clients do not send.
 */
function itemFor(items: Map<string, PathItem[]>, path: PathTemplate, method: string): PathItem {
  const ofShape = items.get(path.shape) ?? [];
  items.set(path.shape, ofShape);
  const free = ofShape.find(({ operations }) => !(method in operations));
  if (free !== undefined) return free;
  const key = ofShape.length === 0 ? path.template : `${path.template}#${ofShape.length + 1}`;
  const item: PathItem = { key, path, operations: {} };
  ofShape.push(item);
  return item;
}

function tagsOf(endpoints: readonly Endpoint[]): readonly JsonObject[] {
  const tags = new Map<string, JsonObject>();
  for (const { http, group } of endpoints) {
    if (http === undefined || group === undefined || tags.get(group.name)?.description !== undefined)
      continue;
    tags.set(group.name, { ...group });
  }
  return [...tags.values()].sort((a, b) => compareText(String(a.name), String(b.name)));
}

/** The operation of an endpoint at one of its paths (OpenAPI 3.1, 4.8.10). */
function describeOperation(input: OperationInput): JsonObject {
  const { endpoint, method, path, parameterNames, operationId, directory } = input;
  const { connectors } = endpoint;
  const pathNames = new Set(path.parameters.map(({ name }) => name));
  const inputs = connectors.map((connector) =>
    connectorInputs(connector, pathNames, declaredParams(connector, directory)),
  );
  const parameters = [...pathParameters(path, parameterNames, inputs), ...queryParameters(inputs)];
  const body = methodsWithoutBody.has(method) ? undefined : requestBody(connectors, inputs);
  const rules = ruleDescriptions(connectors);
  return {
    operationId,
    summary: endpoint.label,
    ...(endpoint.description !== undefined && { description: endpoint.description }),
    ...(endpoint.deprecated === true && { deprecated: true }),
    ...(endpoint.group !== undefined && { tags: [endpoint.group.name] }),
    parameters,
    ...(body !== undefined && { requestBody: body }),
    responses: describeResponses(connectors, parameters.length > 0 || body !== undefined),
    security: operationSecurity(connectors),
    "x-service": endpoint.origin.service,
    "x-connectors": connectors.map(describeConnector),
    ...(rules.length > 0 && { "x-rules": rules }),
  };
}

function declaredParams(
  { action }: ConnectorDescription,
  directory: DirectorySnapshot,
): JsonSchema | undefined {
  return action === undefined ? undefined : directory.action(action)?.params;
}

function pathParameters(
  path: PathTemplate,
  names: readonly string[],
  inputs: readonly Inputs[],
): readonly JsonObject[] {
  return path.parameters.map((parameter, index) => {
    const declared = inputs
      .map((input) => input.path.get(parameter.name)?.schema)
      .find((schema) => schema !== undefined);
    const schema = { ...parameter.schema, ...declared };
    const { description } = parameter;
    const name = names[index] ?? parameter.name;
    return { name, in: "path", required: true, ...(description !== undefined && { description }), schema };
  });
}

function queryParameters(inputs: readonly Inputs[]): readonly JsonObject[] {
  const all = new Map(inputs.flatMap((input) => [...input.query]));
  return [...all].map(([name, { schema, required }]) => ({
    name,
    in: "query",
    ...(required && { required }),
    ...(typeof schema.description === "string" && { description: schema.description }),
    schema,
  }));
}

/** A `map` connector runs a function, which can read anything of the body. */
function requestBody(
  connectors: readonly ConnectorDescription[],
  inputs: readonly Inputs[],
): JsonObject | undefined {
  const body = inputs.map((input) => input.body).find((input) => input !== undefined);
  if (body !== undefined) {
    const content = { "application/json": { schema: body.schema } };
    return { ...(body.required && { required: true }), content };
  }
  return connectors.some(({ kind }) => kind === "map") ? { content: anyJson } : undefined;
}

function describeConnector({ kind, action, events }: ConnectorDescription): JsonObject {
  return { kind, ...(action !== undefined && { action }), ...(events !== undefined && { events }) };
}

const anyJson: JsonObject = { "application/json": { schema: {} } };

const problemResponses: Readonly<Record<string, readonly [status: string, description: string]>> = {
  BadRequest: ["400", "The request is malformed, or a parameter has an invalid value."],
  Unauthenticated: ["401", "Authentication is required, or the token is invalid."],
  Forbidden: ["403", "A rule denies the request."],
  Unavailable: ["503", "The service is unavailable. Try again."],
};

/**
 * The components that every operation refers to: the problem's schema (RFC 9457, S12.5), its responses, the
 * token.
 */
const components: JsonObject = {
  schemas: {
    Problem: {
      type: "object",
      description: "A problem (RFC 9457).",
      properties: {
        type: { type: "string" },
        title: { type: "string" },
        status: { type: "integer", minimum: 400, maximum: 599 },
        detail: { type: "string" },
        code: { type: "string", description: "Machine-readable error code." },
        requestId: { type: "string" },
        data: { description: "Further details from the service." },
      },
      required: ["status", "code"],
    },
  },
  responses: {
    ...Object.fromEntries(
      Object.entries(problemResponses).map(([name, [, description]]) => [name, problemResponse(description)]),
    ),
    Problem: problemResponse("Any other error."),
  },
  securitySchemes,
};

function describeResponses(connectors: readonly ConnectorDescription[], hasInput: boolean): JsonObject {
  const hasRules = connectors.some(({ rules }) => rules === undefined) || rulesOf(connectors).length > 0;
  const callsService = connectors.some(({ kind }) => kind === "call" || kind === "publish");
  const names = [
    ...(hasInput ? ["BadRequest"] : []),
    ...(hasRules ? ["Unauthenticated", "Forbidden"] : []),
    ...(callsService ? ["Unavailable"] : []),
  ];
  const problems = names.map(
    (name) => [problemResponses[name]?.[0] ?? "default", responseRef(name)] as const,
  );
  return {
    "200": { description: successDescription(connectors), content: anyJson },
    ...Object.fromEntries(problems),
    default: responseRef("Problem"),
  };
}

function successDescription(connectors: readonly ConnectorDescription[]): string {
  const kinds = new Set(connectors.map(({ kind }) => kind));
  if (kinds.has("call")) return "The result of the action.";
  return kinds.has("publish") ? "The published event." : "The result of the gateway's function.";
}

function responseRef(name: string): JsonObject {
  return { $ref: `#/components/responses/${name}` };
}

function problemResponse(description: string): JsonObject {
  return {
    description,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}
