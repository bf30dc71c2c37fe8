import { expect, test } from "vitest";
import { installed } from "../src/harness/message-server.ts";
import { runNotice } from "../src/notice/benchmark.ts";

const small = { changes: 3, rounds: 1, progress: () => undefined };

test.for([
  { only: "tcp" },
  { only: "nats", program: "nats-server" },
  { only: "redis", program: "redis-server" },
])(
  "the benchmark `notice` over $only: each change of a running service is served (S9.3, S13.1)",
  async ({ only, program }, context) => {
    if (program !== undefined && installed(program) === undefined) {
      expect(process.env.CI, `${program} is not installed`).toBeFalsy();
      context.skip(`${program} is not installed`);
    }
    const figures = await runNotice({ ...small, only });
    expect(figures.map(({ work, what, aim }) => [work, what, aim])).toEqual([
      [only, "change p50", undefined],
      [only, "change p99", 100],
      [only, "change, the longest", undefined],
    ]);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  },
);

test("a transporter that there is not is refused, with those that there are", async () => {
  await expect(runNotice({ ...small, only: "amqp" })).rejects.toThrow("there are: tcp, nats, redis");
});
