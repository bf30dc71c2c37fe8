import { publicError } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";

/** The id with which a client finds the response to its request. */
export type Id = string | number | null;

/** A request that has the form of JSON-RPC 2.0. */
export interface RpcRequest {
  readonly method: string;
  readonly params: unknown;
  /** Absent: the request is a notification, and gets no response. */
  readonly id?: Id;
}

/** The member `error` of a response, instead of a result. */
export interface RpcError {
  /** A code of the specification, or -32000 for an error of the action. */
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The error codes that JSON-RPC 2.0 defines, by name. */
export const codes = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internalError: -32_603,
  serverError: -32_000,
} as const;

/** Reads one request; undefined where the value does not have the form of one. */
export function readRequest(value: unknown): RpcRequest | undefined {
  if (!isObject(value)) return undefined;
  const { jsonrpc, method, params, id } = value;
  if (jsonrpc !== "2.0" || typeof method !== "string") return undefined;
  if (params !== undefined && (typeof params !== "object" || params === null)) return undefined;
  if (!Object.hasOwn(value, "id")) return { method, params };
  return isId(id) ? { method, params, id } : undefined;
}

/** The text of a response with a result. Throws where JSON cannot express the result. */
export function resultText(id: Id, result: unknown): string {
  const json = JSON.stringify(result ?? null);
  if (json === undefined) throw new TypeError("The result is a function or a symbol.");
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json}}`;
}

/** The text of a response with an error. Leaves out data of a service that JSON cannot express. */
export function errorText(id: Id, { data, ...error }: RpcError): string {
  try {
    return JSON.stringify({ jsonrpc: "2.0", id, error: { ...error, data } });
  } catch {
    return JSON.stringify({ jsonrpc: "2.0", id, error });
  }
}

/** Converts what a connector threw to the error that the client receives. */
export function rpcErrorOf(thrown: unknown): RpcError {
  const { status, code, message, data, retryAfter } = publicError(thrown);
  if (code === "BAD_USER_INPUT") return { code: codes.invalidParams, message };
  if (status >= 500) return { code: codes.internalError, message, data: { code } };
  return { code: codes.serverError, message, data: { code, data, retryAfter } };
}

function isId(value: unknown): value is Id {
  return value === null || typeof value === "string" || typeof value === "number";
}
