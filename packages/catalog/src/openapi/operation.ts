import type { ConnectorDescription, Endpoint, JsonObject, JsonSchema } from "@tidegate/core-registry";
import { connectorInputs, type Inputs } from "../endpoint/inputs.ts";
import type { PathTemplate } from "../endpoint/paths.ts";
import { operationSecurity, ruleDescriptions } from "../endpoint/security.ts";
import { operationResponses } from "./responses.ts";

const bodiless = new Set(["GET", "DELETE"]);

/** What one endpoint does at one of its paths, as an OpenAPI operation. */
export interface OperationInput {
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** Its method. */
  readonly method: string;
  /** Its path. */
  readonly path: PathTemplate;
  /** The names that the document gives to the path's parameters, in order. */
  readonly names: readonly string[];
  /** Unique in the document. */
  readonly operationId: string;
  /** What an action declares to take. */
  declared(action: string): JsonSchema | undefined;
}

/** Makes the operation (OpenAPI 3.1, 4.8.10). */
export function operation({
  endpoint,
  method,
  path,
  names,
  operationId,
  declared,
}: OperationInput): JsonObject {
  const { connectors } = endpoint;
  const pathNames = new Set(path.parameters.map(({ name }) => name));
  const inputs = connectors.map((connector) =>
    connectorInputs(
      connector,
      pathNames,
      connector.action === undefined ? undefined : declared(connector.action),
    ),
  );
  const parameters = [...pathParameters(path, names, inputs), ...queryParameters(inputs)];
  const body = bodiless.has(method) ? undefined : requestBody(connectors, inputs);
  const rules = ruleDescriptions(connectors);
  return {
    operationId,
    summary: endpoint.label,
    ...(endpoint.description !== undefined && { description: endpoint.description }),
    ...(endpoint.deprecated === true && { deprecated: true }),
    ...(endpoint.group !== undefined && { tags: [endpoint.group.name] }),
    parameters,
    ...(body !== undefined && { requestBody: body }),
    responses: operationResponses(connectors, parameters.length > 0 || body !== undefined),
    security: operationSecurity(connectors),
    "x-service": endpoint.origin.service,
    "x-connectors": connectors.map(connectorNote),
    ...(rules.length > 0 && { "x-rules": rules }),
  };
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

/** A connector that a function feeds may read anything of the body. */
function requestBody(
  connectors: readonly ConnectorDescription[],
  inputs: readonly Inputs[],
): JsonObject | undefined {
  const body = inputs.map((input) => input.body).find((one) => one !== undefined);
  if (body !== undefined) {
    return {
      ...(body.required && { required: true }),
      content: { "application/json": { schema: body.schema } },
    };
  }
  const byFunction = connectors.some(({ kind }) => kind === "map");
  return byFunction ? { content: { "application/json": { schema: {} } } } : undefined;
}

function connectorNote({ kind, action, events }: ConnectorDescription): JsonObject {
  return { kind, ...(action !== undefined && { action }), ...(events !== undefined && { events }) };
}
