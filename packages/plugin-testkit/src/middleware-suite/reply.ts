import { Readable } from "node:stream";
import type { Middleware, Reply } from "@tidegate/core-registry";
import type { CheckContext } from "../suite/check.ts";
import {
  inputOf,
  type MiddlewareCheck,
  type MiddlewareExample,
  type MiddlewareSuite,
  needsHook,
  replyOutcome,
  requestOutcome,
  startedMiddleware,
  statusOf,
} from "./driver.ts";
import { bytesOf, frozenReply, readBody, replyKinds } from "./replies.ts";

/** Checks what the hook `reply` does with replies (S12.2). */
export const replyChecks: readonly MiddlewareCheck[] = [
  {
    title: "reply returns a valid reply for replies of all kinds, and keeps the status",
    needs: needsHook("reply"),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of [{ request: {} }, ...suite.requests])
        for (const { request, make } of replyKinds) {
          const changed = { ...example, request: { ...example.request, ...request }, isUpgrade: false };
          await keepsStatus(suite, check, middleware, changed, make());
        }
    },
  },
  {
    title: "reply returns a valid reply where another middleware answered first",
    needs: needsHook("reply"),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const { make } of replyKinds) {
        // Its own hook `request` has not seen this request.
        await replyOutcome(check, middleware, make(), inputOf(suite, { request: {} }));
      }
    },
  },
  {
    title: "reply leaves a stream unread, or replaces it",
    needs: needsHook("reply"),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of [{ request: {} }, ...suite.requests])
        await leavesStream(suite, check, middleware, { ...example, isUpgrade: false });
    },
  },
  {
    title: "reply keeps an accepted upgrade, or refuses it",
    needs: needsHook("reply"),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const example of [{ request: {} }, ...suite.requests]) {
        const request = inputOf(suite, { ...example, isUpgrade: true });
        await requestOutcome(check, middleware, request);
        const outcome = await replyOutcome(check, middleware, frozenReply(101, [], null), request);
        check.clause(
          "The hook can add headers to an accepted upgrade, or refuse it with a reply of another status.",
        );
        const status = statusOf(outcome);
        check.ok(status === 101 || status >= 300, "the status for an upgrade is 101 or 300 and more", status);
      }
    },
  },
];

async function keepsStatus(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
  example: MiddlewareExample,
  given: Reply,
): Promise<void> {
  const request = inputOf(suite, example);
  await requestOutcome(check, middleware, request);
  const outcome = await replyOutcome(check, middleware, given, request);
  check.clause(
    "`reply` returns the same reply, or another one. Only the examples say that its status differs.",
  );
  const expected = example.replaces?.[given.status] ?? given.status;
  check.equal(statusOf(outcome), expected, `the status after reply() for ${request.label}`);
  check.clause("The given reply is frozen: its body is not changed either.");
  if (given.body instanceof Uint8Array)
    check.equal([...given.body], [...bytesOf()], "the list of bytes of the given body");
  if ("reply" in outcome) await readBody(check, outcome.reply);
}

async function leavesStream(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
  example: MiddlewareExample,
): Promise<void> {
  const request = inputOf(suite, example);
  const stream = Readable.from([Buffer.from("one, "), Buffer.from("two")]);
  stream.on("error", () => undefined);
  check.onEnd(() => void stream.destroy());
  await requestOutcome(check, middleware, request);
  const outcome = await replyOutcome(check, middleware, frozenReply(200, [], stream), request);
  await check.quiet();
  if (!("reply" in outcome)) return;
  const { reply } = outcome;
  check.clause("A stream is read by the server. A hook that reads it replaces it.");
  const isRead = Readable.isDisturbed(stream) || stream.destroyed || stream.readableFlowing === true;
  check.ok(
    reply.body !== stream || !isRead,
    `the stream that reply() returns for ${request.label} is unread`,
    "a stream that was read or destroyed",
  );
  await readBody(check, reply);
}
