import { type HttpRequest, TidegateError } from "@tidegate/core-registry";

/** What a client asks for (GraphQL over HTTP; the payload of `subscribe` in graphql-transport-ws). */
export interface GraphQLRequest {
  /** The document. */
  readonly query: string;
  /** Which of its operations. */
  readonly operationName: string | undefined;
  /** Values of its variables. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Reads the parameters of a GET from its query.
 * @throws {TidegateError} `BAD_REQUEST`
 */
export function readQuery({ query }: HttpRequest): GraphQLRequest {
  return checkRequest({
    ...query,
    variables: jsonOf(query.variables, "variables"),
    extensions: jsonOf(query.extensions, "extensions"),
  });
}

/**
 * Reads the parameters of a POST. Only JSON: what a form of a foreign page can send is refused (CSRF).
 * @throws {TidegateError} `BAD_REQUEST`, `MEDIA_TYPE_UNSUPPORTED`; what reading throws
 */
export async function readPost(request: HttpRequest): Promise<GraphQLRequest> {
  const { body } = request;
  if (body.type === undefined && request.header("content-type")?.startsWith("application/json") === true)
    throw new TidegateError("BAD_REQUEST", "The request has no body.");
  if (body.type !== "application/json") {
    const found = body.type === undefined ? "without a type" : `of type ${body.type}`;
    throw new TidegateError(
      "MEDIA_TYPE_UNSUPPORTED",
      `Expected a body of type application/json, found one ${found}.`,
    );
  }
  return checkRequest(await body.json());
}

/**
 * Checks what a client sent.
 * @throws {TidegateError} `BAD_REQUEST`
 */
export function checkRequest(value: unknown): GraphQLRequest {
  if (Array.isArray(value))
    throw new TidegateError("BAD_REQUEST", "Operations come one by one: batching is off.");
  if (!isObject(value)) throw new TidegateError("BAD_REQUEST", "Expected an object with a `query`.");
  const { query, operationName, variables, extensions } = value;
  if (typeof query !== "string" || query === "") throw new TidegateError("BAD_REQUEST", "`query` is a text.");
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string")
    throw new TidegateError("BAD_REQUEST", "`operationName` is a text.");
  if (!isObject(variables ?? {})) throw new TidegateError("BAD_REQUEST", "`variables` is an object.");
  if (!isObject(extensions ?? {})) throw new TidegateError("BAD_REQUEST", "`extensions` is an object.");
  return {
    query,
    operationName: operationName === null || operationName === "" ? undefined : operationName,
    variables: isObject(variables) ? variables : {},
  };
}

function jsonOf(text: unknown, name: string): unknown {
  if (text === undefined || text === "") return undefined;
  if (typeof text !== "string")
    throw new TidegateError("BAD_REQUEST", `\`${name}\` is given more than once.`);
  try {
    return JSON.parse(text, withoutPrototypes);
  } catch (cause) {
    throw new TidegateError("BAD_REQUEST", `\`${name}\` is no JSON.`, { cause });
  }
}

// As the body's reader does: these names never resolve (S3.4).
function withoutPrototypes(key: string, value: unknown): unknown {
  return key === "__proto__" || key === "constructor" || key === "prototype" ? undefined : value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
