import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import type { Broker, CallRequest, CallScope } from "@tidegate/core-registry";
import { type Recorder, recorder } from "../recorder.ts";
import { callScope, contextOf } from "../scopes.ts";
import { serviceError, type TestCall, type TestService } from "../service.ts";
import type { CheckContext } from "../suite/check.ts";
import {
  type BrokerCheck,
  type BrokerSuite,
  observe,
  recorded,
  type StartedSystem,
  started,
} from "./driver.ts";

/** Calls an action with the scope and request of a test. */
export const call = async (
  broker: Broker,
  action: string,
  rest: Partial<CallRequest> = {},
  scope: Partial<CallScope> = {},
): Promise<unknown> => broker.call(callScope(scope), { action, params: {}, ...rest });

/** Checks params, answers and errors of calls (S13). */
export const callChecks: readonly BrokerCheck[] = [
  {
    title: "sends params with branch and deadline, and returns the answer (S13.4)",
    run: checkParams,
  },
  {
    title: "concurrent calls get their own answers",
    run: async (suite, check) => {
      const waiting: (() => void)[] = [];
      const { broker } = await started(suite, check, {
        name: "echo",
        actions: {
          say: ({ params }) =>
            new Promise((resolve) => {
              waiting.push(() => resolve(params.id));
              if (waiting.length === 5) for (const answer of waiting.toReversed()) answer();
            }),
        },
      });
      check.clause("Calls an action.");
      const calls = [0, 1, 2, 3, 4].map((id) => call(broker, "echo.say", { params: { id } }));
      check.equal(await check.wait(Promise.all(calls), "five calls resolve"), [0, 1, 2, 3, 4], "the answers");
    },
  },
  { title: "params that are a file are sent as a stream with metadata (S8)", run: checkFile },
  {
    title: "a stream is sent in addition to the params (S6.2)",
    run: async (suite, check) => {
      const { broker } = await started(suite, check, {
        name: "file",
        actions: { store: async ({ params, stream }) => [params.id, stream && (await text(stream))] },
      });
      check.clause("A stream that is sent in addition to the params (S6.2).");
      const stream = Readable.from([Buffer.from("some "), Buffer.from("bytes")], { objectMode: false });
      const answer = call(broker, "file.store", { params: { id: 7 }, stream });
      const seen = await check.wait(answer, "the call with a stream resolves");
      check.equal(seen, [7, "some bytes"], "the id and the stream that the action received");
    },
  },
  {
    title: "a service's own error keeps its message, code, type and data (S12.5)",
    run: async (suite, check) => {
      const data = { since: 2020 };
      const { broker } = await started(suite, check, {
        name: "player",
        actions: {
          get: () => Promise.reject(serviceError("Gone", { code: 410, type: "PLAYER_RETIRED", data })),
          odd: () => Promise.reject(serviceError("Odd", { code: 42 })),
        },
      });
      check.clause("A service's own error as `SERVICE_ERROR`.");
      const details = { serviceCode: "PLAYER_RETIRED", data };
      const gone = { code: "SERVICE_ERROR", message: "Gone", status: 410, details };
      await check.rejects(call(broker, "player.get"), gone, "the call");
      const odd = { code: "SERVICE_ERROR", status: 500 };
      await check.rejects(call(broker, "player.odd"), odd, "the call");
    },
  },
  {
    title: "an unknown action is unavailable, and not dispatched",
    run: async (suite, check) => {
      const { broker } = await started(suite, check, where);
      check.clause("Rejects with `dispatched`: whether the call was sent to a node.");
      const expected = { code: "ACTION_UNAVAILABLE", details: { dispatched: false } };
      for (const action of ["unknown.action", "where.not", "__proto__.toString", "constructor"])
        await check.rejects(call(broker, action), expected, `the call of ${action}`);
    },
  },
  {
    title: "before start() nothing is called",
    run: async (suite, check) => {
      const { broker } = await observe(suite, check);
      check.clause("Rejects with `dispatched`: whether the call was sent to a node.");
      const expected = { code: "BROKER_UNAVAILABLE", details: { dispatched: false } };
      await check.rejects(call(broker, "where.am"), expected, "a call before start()");
    },
  },
];

/** Checks which nodes receive calls (S9.7). */
export const nodeChecks: readonly BrokerCheck[] = [
  {
    title: "is balanced over the nodes, or over the given ones (S9.7)",
    run: async (suite, check) => {
      const { broker, join, changes } = await started(suite, check, where);
      for (const id of ["n2", "n3"]) {
        await join(id, [where]);
        const line = `up where@${id}`;
        await check.until(() => changes.items.includes(line), `the sink receives '${line}'`);
      }
      const askedNodes = async (nodes?: readonly string[]) => {
        const answers: unknown[] = [];
        for (let index = 0; index < 12; index++)
          answers.push(await call(broker, "where.am", nodes === undefined ? {} : { nodes }));
        return [...new Set(answers)].sort();
      };
      check.clause("The only nodes that can receive the call. Default: all.");
      check.equal(await askedNodes(), ["n1", "n2", "n3"], "the list of nodes of 12 calls without `nodes`");
      for (const nodes of [["n1", "n3"], ["n2"]])
        check.equal(
          await askedNodes(nodes),
          nodes,
          `the list of nodes of 12 calls with nodes ${nodes.join(", ")}`,
        );
      const expected = { code: "ACTION_UNAVAILABLE", details: { dispatched: false } };
      for (const nodes of [["n9"], []])
        await check.rejects(call(broker, "where.am", { nodes }), expected, "a call without any such node");
    },
  },
  {
    title: "a call whose node crashes is unavailable, dispatched",
    run: async (suite, check) => {
      const { broker, node, calls } = await slowSystem(suite, check);
      check.clause("Rejects with `dispatched`: whether the call was sent to a node.");
      const expected = { code: "ACTION_UNAVAILABLE", details: { dispatched: true } };
      const running = call(broker, "slow.wait");
      running.catch(() => undefined);
      await recorded(check, calls, () => true, "the call reaches the action");
      await node.crash();
      await check.rejects(running, expected, "the call");
    },
  },
];

const where: TestService = { name: "where", actions: { am: ({ node }) => node } };

/** Starts a system with the action `slow.wait`, which records its calls and never answers. */
export async function slowSystem(
  suite: BrokerSuite,
  check: CheckContext,
): Promise<StartedSystem & { readonly calls: Recorder<TestCall> }> {
  const calls: Recorder<TestCall> = recorder("call");
  const wait = (received: TestCall): Promise<never> => {
    calls.push(received);
    return new Promise(() => undefined);
  };
  return { ...(await started(suite, check, { name: "slow", actions: { wait } })), calls };
}

async function checkParams(suite: BrokerSuite, check: CheckContext): Promise<void> {
  const calls = recorder<TestCall>("call");
  const say = (received: TestCall): unknown => {
    calls.push(received);
    return received.params;
  };
  const { broker } = await started(suite, check, { name: "echo", actions: { say, nothing: () => null } });
  const params = { text: "å", list: [1, { deep: true }], none: null };
  const copy = structuredClone(params);
  const deadline = Date.now() + 60_000;
  const scope = { branch: "dev", deadline, context: contextOf({ id: "request-1" }) };
  check.clause("Calls an action.");
  const answer = await check.wait(call(broker, "echo.say", { params }, scope), "the call resolves");
  check.equal(calls.items[0]?.params, copy, "the received params");
  check.equal(answer, copy, "the answer");
  check.equal(params, copy, "the caller's params after the call");
  check.equal(calls.items[0]?.action, "echo.say", "the action");
  check.clause("What goes to a service beside params: branch and deadline (S13.4).");
  const { meta } = calls.items[0] ?? {};
  check.equal(meta?.branch, "dev", "the received branch");
  const received = meta?.deadline;
  check.ok(
    typeof received === "number" && received > Date.now() && received <= deadline,
    "the action receives a deadline, the scope's or an earlier one",
    meta,
  );
  check.clause("Calls an action.");
  const nothing = await check.wait(call(broker, "echo.nothing"), "the call resolves");
  check.equal(nothing, null, "an answer that is null");
}

async function checkFile(suite: BrokerSuite, check: CheckContext): Promise<void> {
  const bytes = Buffer.from("00ff80c328fe7f0d0a1a00efbfbd41ff", "hex");
  const { broker } = await started(suite, check, {
    name: "file",
    actions: {
      upload: async ({ params, stream }) => [
        params.filename,
        params.mimetype,
        stream && (await buffer(stream)).toString("hex"),
      ],
      download: () => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)], { objectMode: false }),
    },
  });
  const file = {
    filename: "a.bin",
    mimetype: "image/png",
    createReadStream: () => Readable.from([bytes.subarray(0, 9), bytes.subarray(9)], { objectMode: false }),
  };
  check.clause("Files and streams are sent as S8 defines.");
  const seen = await check.wait(call(broker, "file.upload", { params: file }), "the upload resolves");
  check.equal(seen, ["a.bin", "image/png", bytes.toString("hex")], "name, type and bytes of the upload");
  const stream = await check.wait(call(broker, "file.download"), "the download resolves");
  if (!(stream instanceof Readable)) return check.ok(false, "the answer is a Readable", stream);
  const downloaded = await check.wait(buffer(stream), "the downloaded stream ends");
  check.equal(downloaded.toString("hex"), bytes.toString("hex"), "the downloaded bytes");
}
