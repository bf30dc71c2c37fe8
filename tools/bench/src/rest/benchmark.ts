import { join } from "node:path";
import type { Benchmark } from "../harness/benchmark.ts";
import { player } from "./player.ts";

const programOf = (who: string): string => join(import.meta.dirname, `${who}.ts`);

/** REST: a request that calls an action in the process of the gateway. */
export const restBenchmark: Benchmark = {
  name: "rest",
  works: [
    {
      name: "get",
      request: {
        method: "GET",
        path: "/players/1",
        expected: { status: 200, body: JSON.stringify(player) },
      },
    },
  ],
  contenders: ["tidegate", "h3-moleculer", "moleculer-web"].map((who) => ({ who, program: programOf(who) })),
};
