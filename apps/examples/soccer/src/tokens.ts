import { SignJWT } from "jose";

/** The people who have a token in the demo. */
export type Person = "visitor" | "player" | "admin";

/** The subject and the scopes of each token. */
const people: Readonly<Record<Person, { readonly sub: string; readonly scope: string }>> = {
  visitor: { sub: "1001", scope: "openid" },
  player: { sub: "7", scope: "openid player.self" },
  admin: { sub: "1000", scope: "openid player.write team.write match.write" },
};

/**
 * Creates a token for each person, valid for twelve hours. In production an authorization server issues
 * tokens.
 * @param secret the shared secret for HS256, at least 32 bytes
 */
export async function demoTokens(secret: Uint8Array): Promise<Readonly<Record<Person, string>>> {
  const tokenOf = ({ sub, scope }: (typeof people)[Person]): Promise<string> =>
    new SignJWT({ scope })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime("12h")
      .sign(secret);
  return {
    visitor: await tokenOf(people.visitor),
    player: await tokenOf(people.player),
    admin: await tokenOf(people.admin),
  };
}
