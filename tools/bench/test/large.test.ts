import { expect, test } from "vitest";
import { installed } from "../src/harness/message-server.ts";
import { runLarge } from "../src/large/benchmark.ts";

const small = { characters: 2_000_000, requests: 2, rounds: 1, progress: () => undefined };

test.for([
  { only: "tcp" },
  { only: "nats", program: "nats-server" },
  { only: "redis", program: "redis-server" },
])(
  "S13.1: the benchmark `large` over $only measures bodies and answers",
  async ({ only, program }, context) => {
    if (program !== undefined && installed(program) === undefined) {
      expect(process.env.CI, `${program} is not installed`).toBeFalsy();
      context.skip(`${program} is not installed`);
    }
    const figures = await runLarge({ ...small, only });
    const each = ["p50", "the longest", "memory of the gateway", "memory of the service"];
    expect(figures.map(({ work, what }) => `${work} ${what}`)).toEqual(
      ["body", "answer"].flatMap((kind) => each.map((what) => `${only} ${kind}, ${what}`)),
    );
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  },
);
