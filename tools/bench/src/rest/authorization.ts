import { jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import { Errors } from "moleculer";

/** The shared secret of all contenders for HS256. */
export const secret = "a secret of the benchmark, not of a gateway";

/** The scope that the work `get-scope` requires. */
export const requiredScope = "player.read";

const key = new TextEncoder().encode(secret);

/** Creates the header of a client with these scopes, valid for a day. */
export async function authorizationOf(scope: string): Promise<string> {
  const token = await new SignJWT({ scope })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("7")
    .setIssuedAt()
    .setExpirationTime("1d")
    .sign(key);
  return `Bearer ${token}`;
}

/**
 * Creates the check of the contenders without one of their own: verifies the token with jose, as Tidegate
 * does, keeps what it found in an LRU cache until the token expires, and requires `requiredScope`.
 * @returns a check of the header `authorization`, which rejects with the code 401 or 403
 */
export function createScopeCheck(): (authorization: string | undefined) => Promise<void> {
  const cache = new LRUCache<string, readonly string[]>({ max: 1000 });

  const verify = async (authorization: string): Promise<readonly string[]> => {
    try {
      const { payload } = await jwtVerify(authorization.replace(/^Bearer +/i, ""), key, {
        algorithms: ["HS256"],
        clockTolerance: 5,
        requiredClaims: ["exp"],
      });
      const scopes = String(payload.scope ?? "").split(" ");
      const ttl = (payload.exp ?? 0) * 1000 - Date.now();
      if (ttl >= 1) cache.set(authorization, scopes, { ttl });
      return scopes;
    } catch {
      throw new Errors.MoleculerClientError("The token is invalid.", 401);
    }
  };

  return async (authorization) => {
    if (authorization === undefined) throw new Errors.MoleculerClientError("Authentication required.", 401);
    const scopes = cache.get(authorization) ?? (await verify(authorization));
    if (!scopes.includes(requiredScope)) throw new Errors.MoleculerClientError("Scope required.", 403);
  };
}
