import { type ContextFactory, type HttpRequest, TidegateError } from "@tidegate/core-registry";
import { LRUCache } from "lru-cache";

/** What a parser is given: an `Authorization` header taken apart (RFC 9110, 11.6.2). */
export interface AuthInput {
  /** The scheme in lower case: `bearer`. */
  readonly scheme: string;
  /** What follows it. */
  readonly credentials: string;
  /** The request. */
  readonly request: HttpRequest;
}

/** Who is asking: what `@context.auth` holds. Other members are handed on as they are. */
export interface Auth {
  /** Who: for a JWT its claims. */
  readonly identity: unknown;
  /** What they may do: a list, or a text with spaces between. */
  readonly scope?: readonly string[] | string;
  /** Until when this holds: milliseconds since the epoch. Without it nothing is cached. */
  readonly expiresAt?: number;
  /** What else the parser says. */
  readonly [member: string]: unknown;
}

/** Tells who is asking from one scheme's credentials; undefined: nobody. @throws `TOKEN_INVALID`, `TOKEN_EXPIRED` */
export type AuthParser = (input: AuthInput) => Auth | undefined | Promise<Auth | undefined>;

/** Parsers by scheme, in any case: `{ Bearer: jwt({ secret }) }`. */
export type AuthParsers = Readonly<Record<string, AuthParser>>;

const maxCached = 1000;
const headerForm = /^([!#$%&'*+.^`|~\w-]+)(?: +(.*))?$/;

/**
 * `auth`: who is asking (S12.4); undefined without an `Authorization` header, and for a scheme that has no parser.
 * An invalid token matters only where `auth` is asked for. Its view has no `token`.
 */
export function authContext(parsers: AuthParsers): ContextFactory<Auth | undefined> {
  const byScheme = new Map(Object.entries(parsers).map(([scheme, parser]) => [scheme.toLowerCase(), parser]));
  const known = new LRUCache<string, Auth>({ max: maxCached });

  const parse = async (parser: AuthParser, input: AuthInput, header: string): Promise<Auth | undefined> => {
    const auth = await parser(input);
    if (auth === undefined) return undefined;
    const whole: Auth = { ...auth, token: input.credentials };
    const ttl = (auth.expiresAt ?? 0) - Date.now();
    if (ttl >= 1) known.set(header, whole, { ttl });
    return whole;
  };

  return {
    contract: 1,
    name: "auth",
    create: ({ request }) => {
      const header = byScheme.size === 0 ? undefined : request.header("authorization");
      if (header === undefined) return undefined;
      refuseRepeated(request);
      const cached = known.get(header);
      if (cached !== undefined) return cached;
      const [, scheme = "", credentials = ""] = headerForm.exec(header) ?? [];
      const parser = byScheme.get(scheme.toLowerCase());
      return parser && parse(parser, { scheme: scheme.toLowerCase(), credentials, request }, header);
    },
    view: (auth) => {
      if (auth === undefined) return undefined;
      const { token: _token, ...rest } = auth;
      return rest;
    },
  };
}

/** Two tokens are no token: who reads the first and who reads the second would see different people. */
function refuseRepeated(request: HttpRequest): void {
  const count = request.headers.filter(([name]) => name === "authorization").length;
  if (count > 1)
    throw new TidegateError("TOKEN_INVALID", "The request has more than one Authorization header.");
}
