import type { KeyObject, webcrypto } from "node:crypto";
import { TidegateError } from "@tidegate/core-registry";
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Auth, AuthParser } from "./auth.ts";

/** How tokens are checked. Exactly one of `secret` and `key`. */
export interface JwtOptions {
  /** A shared secret for HS256, HS384, HS512: at least 32 bytes (RFC 7518, 3.2). */
  readonly secret?: string | Uint8Array;
  /** A public key, or a secret one. */
  readonly key?: webcrypto.CryptoKey | KeyObject;
  /** Signature algorithms that are accepted. Default with `secret`: HS256. Required with `key`. */
  readonly algorithms?: readonly string[];
  /** Who must have issued the token. Default: anybody who has the key. */
  readonly issuer?: string | readonly string[];
  /** Whom the token must be for. Default: anybody. */
  readonly audience?: string | readonly string[];
  /** By how many seconds clocks may differ. Default 5. */
  readonly clockToleranceSeconds?: number;
}

/**
 * Reads JSON Web Tokens (RFC 7519): `identity` is the claims, `scope` the claim of that name. A token must expire.
 * @throws `CONFIG_INVALID` for options that would accept what they should not; the parser throws `TOKEN_INVALID` and `TOKEN_EXPIRED`
 */
export function jwt(options: JwtOptions): AuthParser {
  const key = keyOf(options);
  const verify = verifyOptions(options);
  return async ({ credentials }) => {
    try {
      const { payload } = await jwtVerify(credentials, key, verify);
      return authOf(payload);
    } catch (cause) {
      throw refusal(cause);
    }
  };
}

function authOf(payload: JWTPayload): Auth {
  const { scope, exp = 0 } = payload;
  const known = typeof scope === "string" || isTextList(scope);
  return { identity: payload, ...(known ? { scope } : {}), expiresAt: exp * 1000 };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function refusal(cause: unknown): TidegateError {
  if (cause instanceof errors.JWTExpired)
    return new TidegateError("TOKEN_EXPIRED", undefined, {
      cause,
      headers: [challenge("The token has expired")],
    });
  if (cause instanceof errors.JOSEError)
    return new TidegateError("TOKEN_INVALID", undefined, {
      cause,
      headers: [challenge("The token is not valid")],
    });
  return new TidegateError("INTERNAL", "A token could not be checked.", { cause });
}

/** RFC 6750, 3.1. */
function challenge(description: string): readonly [string, string] {
  return ["www-authenticate", `Bearer error="invalid_token", error_description="${description}"`];
}

function keyOf({ secret, key }: JwtOptions): Uint8Array | webcrypto.CryptoKey | KeyObject {
  if ((secret === undefined) === (key === undefined)) throw wrong("needs exactly one of 'secret' and 'key'");
  if (key !== undefined) return key;
  const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  if (bytes === undefined || bytes.length < 32) throw wrong("needs a 'secret' of at least 32 bytes");
  return bytes;
}

function verifyOptions(options: JwtOptions): JWTVerifyOptions {
  const algorithms = options.algorithms ?? (options.secret === undefined ? [] : ["HS256"]);
  if (algorithms.length === 0) throw wrong("needs 'algorithms', such as ['RS256']");
  if (algorithms.includes("none")) throw wrong("cannot accept the algorithm 'none'");
  const { issuer, audience, clockToleranceSeconds = 5 } = options;
  if (isEmpty(issuer)) throw wrong("has an empty 'issuer', which would accept every token");
  if (isEmpty(audience)) throw wrong("has an empty 'audience', which would accept every token");
  return {
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ["exp"],
    ...(issuer === undefined ? {} : { issuer: [issuer].flat() }),
    ...(audience === undefined ? {} : { audience: [audience].flat() }),
  };
}

function isEmpty(value: string | readonly string[] | undefined): boolean {
  return value !== undefined && (value.length === 0 || [value].flat().includes(""));
}

function wrong(what: string): TidegateError {
  return new TidegateError("CONFIG_INVALID", `jwt() ${what}.`);
}
