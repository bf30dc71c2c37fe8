import { type ContextFactory, type HttpRequest, type Scope, TidegateError } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import { LRUCache } from "lru-cache";

/** An `Authorization` header, split into its parts (RFC 9110, 11.6.2): the input of a parser. */
export interface AuthInput {
  /** The scheme in lower case, such as `bearer`. */
  readonly scheme: string;
  readonly credentials: string;
  readonly request: HttpRequest;
}

/** The result of a parser, and the value of `@context.auth`. Further members are passed on unchanged. */
export interface Auth {
  /** Who the client is: for a JWT its claims. */
  readonly identity: unknown;
  /** What the client is allowed to do: a list, or a text separated by spaces. */
  readonly scope?: readonly string[] | string;
  /** When the credentials expire, in milliseconds since the epoch. Without it the result is not cached. */
  readonly expiresAt?: number;
  readonly [member: string]: unknown;
}

/**
 * Reads the credentials of one scheme; undefined: not authenticated.
 * @throws `TOKEN_INVALID`, `TOKEN_EXPIRED`
 */
export type AuthParser = (input: AuthInput) => Auth | undefined | Promise<Auth | undefined>;

/** Parsers by scheme, in any case: `{ Bearer: jwt({ secret }) }`. */
export type AuthParsers = Readonly<Record<string, AuthParser>>;

const maxCached = 1000;
const headerPattern = /^([!#$%&'*+.^`|~\w-]+)(?: +(.*))?$/;

/**
 * `auth`: the identity of the client (S12.4); undefined without an `Authorization` header, and for a scheme
 * without parser. An invalid token fails a request only where `auth` is read. Functions cannot see the member
 * `token`.
 */
export function authContext(parsers: AuthParsers): ContextFactory<Auth | undefined> {
  const parsersByScheme = new Map(
    Object.entries(parsers).map(([scheme, parser]) => [scheme.toLowerCase(), parser]),
  );
  const cache = new LRUCache<string, Auth>({ max: maxCached });

  const parse = async (parser: AuthParser, input: AuthInput, header: string): Promise<Auth | undefined> => {
    const auth = await parser(input);
    if (auth === undefined) return undefined;
    const withToken: Auth = { ...auth, token: input.credentials };
    const ttl = (auth.expiresAt ?? 0) - Date.now();
    if (ttl >= 1) cache.set(header, withToken, { ttl });
    return withToken;
  };

  return {
    contract: 2,
    name: "auth",
    authenticates: parsersByScheme.size > 0,
    create: ({ request }) => {
      const header = parsersByScheme.size === 0 ? undefined : request.header("authorization");
      if (header === undefined) return undefined;
      checkSingleHeader(request);
      const cached = cache.get(header);
      if (cached !== undefined) return cached;
      const [, scheme = "", credentials = ""] = headerPattern.exec(header) ?? [];
      const parser = parsersByScheme.get(scheme.toLowerCase());
      return parser && parse(parser, { scheme: scheme.toLowerCase(), credentials, request }, header);
    },
    view: (auth) => {
      if (auth === undefined) return undefined;
      const { token: _token, ...rest } = auth;
      return rest;
    },
  };
}

/** Refuses two tokens: a proxy and the gateway could each read another one. */
function checkSingleHeader(request: HttpRequest): void {
  const count = request.headers.filter(([name]) => name === "authorization").length;
  if (count > 1)
    throw new TidegateError("TOKEN_INVALID", "The request has more than one Authorization header.");
}

/**
 * When the token of a request expires, in milliseconds since the epoch; undefined without a valid token.
 * Reads `auth`, so that the context of the socket has it (S6.3).
 */
export async function tokenExpiry(request: HttpRequest, scope: Scope): Promise<number | undefined> {
  if (request.header("authorization") === undefined) return undefined;
  try {
    await scope.context.prepare(["auth"]);
    const auth = scope.context.view("auth");
    return isObject(auth) && typeof auth.expiresAt === "number" ? auth.expiresAt : undefined;
  } catch {
    // An invalid token fails only what reads `auth` (S12.4).
    return undefined;
  }
}
