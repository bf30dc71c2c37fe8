import { type HttpRequest, TidegateError } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";

/**
 * The parameters of a GraphQL request (GraphQL over HTTP; the payload of `subscribe` in
 * graphql-transport-ws).
 */
export interface GraphQLRequest {
  /** The document, which can contain several operations. */
  readonly query: string;
  readonly operationName: string | undefined;
  /** The values as the client sent them, before coercion. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Reads the parameters of a GET request from its query string.
 * @throws {TidegateError} `BAD_REQUEST`
 */
export function readGet({ query }: HttpRequest): GraphQLRequest {
  return checkRequest({
    ...query,
    variables: parseJson(query.variables, "variables"),
    extensions: parseJson(query.extensions, "extensions"),
  });
}

/**
 * Reads the parameters of a POST request from its JSON body. Other media types are refused, because a form on
 * any web page can send them (CSRF).
 * @throws {TidegateError} `BAD_REQUEST` or `MEDIA_TYPE_UNSUPPORTED`, and what reading the body throws
 */
export async function readPost(request: HttpRequest): Promise<GraphQLRequest> {
  const { body } = request;
  if (body.type === undefined && request.header("content-type")?.startsWith("application/json") === true)
    throw new TidegateError("BAD_REQUEST", "The request has no body.");
  if (body.type !== "application/json") {
    const found = body.type ?? "none";
    throw new TidegateError(
      "MEDIA_TYPE_UNSUPPORTED",
      `The content type of the body must be application/json; found ${found}.`,
    );
  }
  // Numbers in variables are coerced as graphql-js does it (S3.2).
  return checkRequest(await body.json("any"));
}

/**
 * Checks the parameters that a client sent.
 * @throws {TidegateError} `BAD_REQUEST`
 */
export function checkRequest(value: unknown): GraphQLRequest {
  if (Array.isArray(value)) throw badRequest("Batched operations are not supported: send one per request.");
  if (!isObject(value)) throw badRequest("The request must be an object with a `query`.");
  const { query, operationName, variables, extensions } = value;
  if (typeof query !== "string" || query === "") throw badRequest("`query` must be a non-empty string.");
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string")
    throw badRequest("`operationName` must be a string.");
  if (!isObject(variables ?? {})) throw badRequest("`variables` must be an object.");
  if (!isObject(extensions ?? {})) throw badRequest("`extensions` must be an object.");
  return {
    query,
    operationName: operationName === null || operationName === "" ? undefined : operationName,
    variables: isObject(variables) ? variables : {},
  };
}

function parseJson(text: unknown, name: string): unknown {
  if (text === undefined || text === "") return undefined;
  if (typeof text !== "string") throw badRequest(`\`${name}\` must occur once in the query string.`);
  try {
    return JSON.parse(text, withoutPrototypeKeys);
  } catch (cause) {
    throw new TidegateError("BAD_REQUEST", `\`${name}\` is not valid JSON.`, { cause });
  }
}

// The parser of request bodies removes these keys too (S3.4).
function withoutPrototypeKeys(key: string, value: unknown): unknown {
  return key === "__proto__" || key === "constructor" || key === "prototype" ? undefined : value;
}

function badRequest(message: string): TidegateError {
  return new TidegateError("BAD_REQUEST", message);
}

/** The media types that GraphQL over HTTP defines for responses. */
export type ResponseMediaType = "application/graphql-response+json" | "application/json";

const offers: readonly (readonly [type: ResponseMediaType, ranges: readonly string[]])[] = [
  ["application/graphql-response+json", ["application/graphql-response+json"]],
  ["application/json", ["application/json", "application/*", "*/*"]],
];

/**
 * Negotiates the media type of a response from the header `accept` (GraphQL over HTTP; RFC 9110, 12.5.1).
 * @returns `text/html` for a browser that requests a page, `application/json` without the header, undefined
 * if the client accepts none
 */
export function negotiateMediaType(accept: string | undefined): ResponseMediaType | "text/html" | undefined {
  if (accept === undefined || accept.trim() === "") return "application/json";
  const ranges = accept.split(",").flatMap((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    return weight > 0 ? [{ type, weight }] : [];
  });
  const weightOf = (types: readonly string[]): number =>
    Math.max(0, ...ranges.filter(({ type }) => types.includes(type)).map(({ weight }) => weight));
  const html = weightOf(["text/html"]);
  const json = weightOf(["application/graphql-response+json", "application/json"]);
  if (html > 0 && html > json) return "text/html";
  const [best] = offers
    .map(([type, fitting]) => ({ type, weight: weightOf(fitting) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight);
  return best?.type;
}
