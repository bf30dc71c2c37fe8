import { join } from "node:path";
import type { Benchmark, Work } from "../harness/benchmark.ts";
import { authorizationOf, requiredScope } from "./authorization.ts";
import { created, newPlayer, player } from "./services.ts";

const programOf = (who: string): string => join(import.meta.dirname, `${who}.ts`);

/** REST: requests that call an action or a function, by ways that differ in what has to be checked. */
export const restBenchmark: Benchmark = {
  name: "rest",
  works: [
    getPlayer("get", "/players/1"),
    {
      name: "post",
      request: {
        method: "POST",
        path: "/created",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(newPlayer),
        expected: { status: 200, body: JSON.stringify(created) },
      },
    },
    getPlayer("get-map", "/mapped/1"),
    getPlayer("get-scope", "/scoped/1", {
      authorization: await authorizationOf(`openid ${requiredScope}`),
    }),
    getPlayer("get-remote", "/remote/1"),
  ],
  contenders: ["tidegate", "node-moleculer", "h3-moleculer", "fastify-moleculer", "moleculer-web"].map(
    (who) => ({ who, program: programOf(who) }),
  ),
};

function getPlayer(name: string, path: string, headers: Readonly<Record<string, string>> = {}): Work {
  const expected = { status: 200, body: JSON.stringify(player) };
  return { name, request: { method: "GET", path, headers, expected } };
}
