import {
  type Connector,
  type HttpRequest,
  type HttpRoute,
  isTidegateError,
  type Logger,
  publicError,
  type Reply,
  type Scope,
  TidegateError,
} from "@tidegate/core-registry";
import { discardStream, isOpaque } from "@tidegate/core-registry/runtime";
import { codes, errorText, readRequest, resultText, rpcErrorOf } from "./messages.ts";

/** The methods of a branch, by name. */
export type Methods = ReadonlyMap<string, Connector>;

/** What the route of a branch is made of. */
export interface RpcRouteParts {
  readonly path: string;
  readonly methods: Methods;
  /** How many requests a batch can have. */
  readonly maxBatch: number;
  readonly logger: Logger;
}

/** Creates the route that answers the requests of a branch. */
export function rpcRoute(parts: RpcRouteParts): HttpRoute {
  return {
    kind: "http",
    method: "POST",
    path: parts.path,
    handle: async (request, scope) => {
      const body = await readBody(request);
      return replyOf("text" in body ? body.text : await answer(body.value, scope, parts));
    },
  };
}

/** Reads the body as JSON. What is no JSON gets a response, and no HTTP error. */
async function readBody({ body }: HttpRequest): Promise<{ text: string } | { value: unknown }> {
  if (body.type !== "application/json") throw new TidegateError("MEDIA_TYPE_UNSUPPORTED");
  try {
    return { value: await body.json() };
  } catch (error) {
    if (!isTidegateError(error) || error.code !== "BODY_MALFORMED") throw error;
    return { text: errorText(null, { code: codes.parseError, message: error.message }) };
  }
}

/** Answers one request or a batch; undefined where all requests are notifications. */
async function answer(body: unknown, scope: Scope, parts: RpcRouteParts): Promise<string | undefined> {
  if (!Array.isArray(body)) return answerOne(body, scope, parts);
  const { maxBatch } = parts;
  if (body.length === 0 || body.length > maxBatch)
    return errorText(null, {
      code: codes.invalidRequest,
      message: `A batch must have 1 to ${maxBatch} requests, and this one has ${body.length}.`,
    });
  const all = await Promise.all(body.map((value) => answerOne(value, scope, parts)));
  const texts = all.filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : `[${texts.join(",")}]`;
}

/** Answers one request. Never rejects, so that one failed request does not fail its batch. */
async function answerOne(value: unknown, scope: Scope, parts: RpcRouteParts): Promise<string | undefined> {
  const request = readRequest(value);
  if (request === undefined)
    return errorText(null, { code: codes.invalidRequest, message: "This is no request of JSON-RPC 2.0." });
  const { method, params, id } = request;
  const connector = parts.methods.get(method);
  const isNotification = id === undefined;
  if (connector === undefined)
    return isNotification
      ? undefined
      : errorText(id, { code: codes.methodNotFound, message: `No service has the method ${method}.` });
  try {
    const result = await connector.run(scope, { args: params });
    if (!isNotification) return resultText(id, jsonOf(result, method));
    discardStream(result);
    return undefined;
  } catch (error) {
    // The client does not see the cause, so the operator has to.
    if (publicError(error).status >= 500) parts.logger.error(`JsonRpc: the method ${method} failed.`, error);
    return isNotification ? undefined : errorText(id, rpcErrorOf(error));
  }
}

/** Refuses a file, a stream and bytes, which have no place in a JSON response. */
function jsonOf(result: unknown, method: string): unknown {
  if (!isOpaque(result)) return result;
  discardStream(result);
  throw new TidegateError("REPLY_INVALID", `The result of ${method} is a stream or bytes, and no JSON.`);
}

function replyOf(text: string | undefined): Reply {
  if (text === undefined) return { status: 204, headers: [], body: null };
  return { status: 200, headers: [["content-type", "application/json"]], body: text };
}
