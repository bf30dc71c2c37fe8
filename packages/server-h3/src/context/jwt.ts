import type { KeyObject, webcrypto } from "node:crypto";
import { TidegateError } from "@tidegate/core-registry";
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Auth, AuthParser } from "./auth.ts";

/** How JSON Web Tokens are verified. Exactly one of `secret` and `key` is required. */
export interface JwtOptions {
  /** Shared secret for HS256, HS384, HS512; at least 32 bytes (RFC 7518, 3.2). */
  readonly secret?: string | Uint8Array;
  /** The public or secret key that verifies signatures. */
  readonly key?: webcrypto.CryptoKey | KeyObject;
  /** Accepted signature algorithms. Default with `secret`: HS256. Required with `key`. */
  readonly algorithms?: readonly string[];
  /** Accepted values of the claim `iss`. Default: any. */
  readonly issuer?: string | readonly string[];
  /** Accepted values of the claim `aud`. Default: any. */
  readonly audience?: string | readonly string[];
  /** Tolerated difference between clocks, in seconds. Default 5. */
  readonly clockToleranceSeconds?: number;
}

/**
 * Parses JSON Web Tokens (RFC 7519): `identity` is the claims, `scope` the claim `scope`; `exp` is required.
 * @throws `CONFIG_INVALID` for insecure options; the parser throws `TOKEN_INVALID` and `TOKEN_EXPIRED`
 */
export function jwt(options: JwtOptions): AuthParser {
  const key = keyOf(options);
  const verify = verifyOptions(options);
  return async ({ credentials }) => {
    try {
      const { payload } = await jwtVerify(credentials, key, verify);
      return authOf(payload);
    } catch (cause) {
      throw verificationError(cause);
    }
  };
}

function authOf(payload: JWTPayload): Auth {
  const { scope, exp = 0 } = payload;
  const hasScope = typeof scope === "string" || isTextList(scope);
  return { identity: payload, ...(hasScope ? { scope } : {}), expiresAt: exp * 1000 };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function verificationError(cause: unknown): TidegateError {
  if (cause instanceof errors.JWTExpired)
    return new TidegateError("TOKEN_EXPIRED", undefined, {
      cause,
      headers: [challenge("The token has expired")],
    });
  if (cause instanceof errors.JOSEError)
    return new TidegateError("TOKEN_INVALID", undefined, {
      cause,
      headers: [challenge("The token is invalid")],
    });
  return new TidegateError("INTERNAL", "The token could not be verified.", { cause });
}

/** The challenge of a 401 for an invalid token (RFC 6750, 3.1). */
function challenge(description: string): readonly [string, string] {
  return ["www-authenticate", `Bearer error="invalid_token", error_description="${description}"`];
}

function keyOf({ secret, key }: JwtOptions): Uint8Array | webcrypto.CryptoKey | KeyObject {
  if ((secret === undefined) === (key === undefined))
    throw invalidOptions("needs exactly one of 'secret' and 'key'");
  if (key !== undefined) return key;
  const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  if (bytes === undefined || bytes.length < 32) throw invalidOptions("needs a 'secret' of at least 32 bytes");
  return bytes;
}

function verifyOptions(options: JwtOptions): JWTVerifyOptions {
  const algorithms = options.algorithms ?? (options.secret === undefined ? [] : ["HS256"]);
  if (algorithms.length === 0) throw invalidOptions("needs 'algorithms', such as ['RS256']");
  if (algorithms.includes("none")) throw invalidOptions("cannot accept the algorithm 'none'");
  const { issuer, audience, clockToleranceSeconds = 5 } = options;
  if (isEmpty(issuer)) throw invalidOptions("has an empty 'issuer', which would accept every token");
  if (isEmpty(audience)) throw invalidOptions("has an empty 'audience', which would accept every token");
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

function invalidOptions(what: string): TidegateError {
  return new TidegateError("CONFIG_INVALID", `jwt() ${what}.`);
}
