import { expect, test } from "vitest";
import { runAnnouncement } from "../src/announcement/benchmark.ts";
import { installed } from "../src/harness/message-server.ts";

const small = { changes: 3, rounds: 1, progress: () => undefined };

test.for([
  { only: "tcp" },
  { only: "nats", program: "nats-server" },
  { only: "redis", program: "redis-server" },
])(
  "S9.3, S13.1: the benchmark `notice` over $only measures each change",
  async ({ only, program }, context) => {
    if (program !== undefined && installed(program) === undefined) {
      expect(process.env.CI, `${program} is not installed`).toBeFalsy();
      context.skip(`${program} is not installed`);
    }
    const figures = await runAnnouncement({ ...small, only });
    expect(figures.map(({ work, what, target }) => [work, what, target])).toEqual([
      [only, "change p50", undefined],
      [only, "change p99", 100],
      [only, "change, the longest", undefined],
    ]);
    for (const { value } of figures) expect(value).toBeGreaterThan(0);
  },
);

test("an unknown transporter is refused", async () => {
  await expect(runAnnouncement({ ...small, only: "amqp" })).rejects.toThrow("Known works: tcp, nats, redis");
});
