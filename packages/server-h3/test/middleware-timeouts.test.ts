import { once } from "node:events";
import { get } from "node:http";
import { Readable } from "node:stream";
import { defineMiddleware, type Middleware, type Reply, TidegateError } from "@tidegate/core-registry";
import { manualClock } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { json, route, start } from "./fixture.ts";

type Hook = "request" | "reply" | "error";

const ok = route("GET", "/", () => json("open"));
const failing = route("GET", "/failing", () => {
  throw new TidegateError("FORBIDDEN", "The rule 'own' denies it.");
});

/** A middleware whose hook returns what TypeScript forbids. */
function broken(hook: Hook, run: (reply: Reply | undefined) => unknown): Middleware {
  const middleware = { name: "broken", [hook]: (first: Reply | undefined) => run(first) };
  return defineMiddleware(middleware as Omit<Middleware, "contract">);
}

describe("S17: a hook that does not settle", () => {
  test.each(["request", "reply"] as const)("%s: after 10 s the client gets 500", async (hook) => {
    const clock = manualClock();
    const called = Promise.withResolvers<void>();
    const late = Promise.withResolvers<Reply>();
    const middleware = broken(hook, () => {
      called.resolve();
      return late.promise;
    });
    const fixture = await start([ok], { middleware: [middleware], clock });
    const response = fetch(fixture.url);
    await called.promise;
    clock.advance(10_000);
    expect((await response).status).toBe(500);
    expect(fixture.log[0]).toContain(
      `The middleware 'broken' failed in '${hook}': It did not settle within 10 s.`,
    );
    expect(clock.pending).toBe(0);
    // A stream that comes too late is destroyed, and its error does not end the process.
    const body = new Readable({ read: () => undefined });
    const closed = once(body, "close");
    late.resolve({ status: 200, headers: [], body });
    await closed;
  });

  test("a rejection after the answer does not end the process", async () => {
    const clock = manualClock();
    const called = Promise.withResolvers<void>();
    const late = Promise.withResolvers<never>();
    let calls = 0;
    const middleware = broken("request", () => {
      called.resolve();
      calls += 1;
      return calls === 1 ? late.promise : undefined;
    });
    const fixture = await start([ok], { middleware: [middleware], clock });
    const response = fetch(fixture.url);
    await called.promise;
    clock.advance(10_000);
    expect((await response).status).toBe(500);
    late.reject(new Error("too late"));
    expect((await fetch(fixture.url)).status).toBe(200);
    expect(fixture.log).toHaveLength(1);
  });

  test("an error hook: after 10 s the original error is answered", async () => {
    const clock = manualClock();
    const called = Promise.withResolvers<void>();
    const middleware = broken("error", () => {
      called.resolve();
      return new Promise(() => undefined);
    });
    const fixture = await start([failing], { middleware: [middleware], clock });
    const response = fetch(`${fixture.url}/failing`);
    await called.promise;
    clock.advance(10_000);
    expect((await response).status).toBe(403);
  });

  test("when the client disconnects, the wait ends; reply hooks see 499, and nothing is logged", async () => {
    const clock = manualClock();
    const called = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<number>();
    const logger = defineMiddleware({
      name: "log",
      reply: (reply, { context }) => {
        expect(context.get("ip")).toBe("127.0.0.1");
        seen.resolve(reply.status);
        return reply;
      },
    });
    const hanging = broken("request", () => {
      called.resolve();
      return new Promise(() => undefined);
    });
    const fixture = await start([ok], { middleware: [logger, hanging], clock });
    const request = get(fixture.url);
    const failed = once(request, "error");
    await called.promise;
    request.destroy(new Error("client gone"));
    await failed;
    expect(await seen.promise).toBe(499);
    expect([clock.pending, fixture.log]).toEqual([0, []]);
  });

  test("the first of two answers of a hook counts", async () => {
    const twice = {
      // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable.
      then(resolve: (reply: Reply) => void) {
        resolve(json("first"));
        resolve(json("second"));
      },
    };
    const { url } = await start([ok], { middleware: [broken("request", () => twice)] });
    expect(await (await fetch(url)).json()).toBe("first");
  });
});
