import { expect, onTestFinished, test } from "vitest";
import { startContender } from "../src/harness/contender.ts";
import { authorizationOf, requiredScope } from "../src/rest/authorization.ts";
import { restBenchmark } from "../src/rest/benchmark.ts";
import { newPlayer } from "../src/rest/services.ts";

test.each(restBenchmark.contenders)("$who makes the checks that the others make", async (contender) => {
  const { port, stop } = await startContender(contender);
  onTestFinished(stop);

  const get = async (path: string, authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  const post = async (body: string): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://127.0.0.1:${port}/created`, { method: "POST", headers, body });
    await response.arrayBuffer();
    return response.status;
  };

  // The token and its scope. The second time, the token is in the cache.
  const valid = await authorizationOf(requiredScope);
  expect([await get("/scoped/1", valid), await get("/scoped/1", valid)]).toEqual([200, 200]);
  expect(await get("/scoped/1")).toBe(401);
  expect(await get("/scoped/1", withOtherClaims(valid))).toBe(401);
  expect(await get("/scoped/1", await authorizationOf("openid"))).toBe(403);

  // The body.
  expect(await post(JSON.stringify(newPlayer))).toBe(200);
  expect(await post(JSON.stringify({ ...newPlayer, biography: "x".repeat(1_048_576) }))).toBe(413);
  expect(await post("{")).toBe(400);

  // The params. Tidegate casts those of the path by itself, and answers 400.
  const [match] = newPlayer.matches;
  expect(await post(JSON.stringify({ ...newPlayer, position: "referee" }))).toBe(422);
  expect(await post(JSON.stringify({ ...newPlayer, matches: [{ ...match, minutes: 131 }] }))).toBe(422);
  for (const path of ["/players/one", "/remote/one"]) expect([400, 422]).toContain(await get(path));
});

test("the work `post` sends 1 KB", () => {
  expect(Buffer.byteLength(JSON.stringify(newPlayer))).toBe(1024);
});

/** The same header and signature around claims that the signature does not cover. */
function withOtherClaims(authorization: string): string {
  const [head, , signature] = authorization.split(".");
  const claims = Buffer.from(JSON.stringify({ scope: requiredScope, exp: 2 ** 32 })).toString("base64url");
  return `${head}.${claims}.${signature}`;
}
