import type { Broker, PeerHandlers, Peers } from "@tidegate/core-registry";
import { recorder } from "../recorder.ts";
import type { CheckContext } from "../suite/check.ts";
import { call } from "./calls.ts";
import {
  type BrokerCheck,
  type BrokerSuite,
  needsMember,
  observe,
  received,
  recorded,
  recordSink,
  type SinkRecorder,
} from "./driver.ts";
import { report } from "./reports.ts";

/** A started gateway of the system under test. */
interface Gateway extends SinkRecorder {
  readonly broker: Broker;
  readonly peers: Peers;
}

/** A check with several gateways; it receives the number of gateways that it names. */
const peerCheck = (title: string, run: BrokerCheck["run"]): BrokerCheck => ({
  title,
  needs: needsMember("peers"),
  run,
});

const onlyOthers = "Sends a request to all other known gateways at once.";
const leavesOut = "The result leaves out gateways that fail or do not answer in time. Never rejects.";

/** Checks the communication between gateways of one system (S9.4). */
export const peerChecks: readonly BrokerCheck[] = [
  peerCheck("every other gateway answers, the asking one does not (S9.4)", async (suite, check) => {
    const all = await gateways(suite, check, [answersAs("a"), answersAs("b"), answersAs("c")]);
    check.clause(onlyOthers);
    for (const [index, gateway] of all.entries()) {
      const answers = await ask(check, gateway, "who", { from: index });
      const others = ["a", "b", "c"].filter((_, other) => other !== index);
      check.equal(
        answers.map(({ value }) => value).sort(byText),
        others.map((me) => ({ me, asked: { from: index } })),
        "the sorted list of answers",
      );
    }
  }),
  peerCheck("each gateway answers with its own node id", async (suite, check) => {
    const all = await gateways(suite, check, [answersAs("a"), answersAs("b"), answersAs("c")]);
    check.clause("The id of the gateway's node.");
    const nodeOf = async (asker: number, me: string) =>
      (await ask(check, all[asker], "who", null)).find(({ value }) => Object(value).me === me)?.node;
    const c = await nodeOf(0, "c");
    check.equal(await nodeOf(1, "c"), c, "the node of one gateway, as another one sees it");
    const b = await nodeOf(0, "b");
    check.ok(typeof b === "string" && b !== c, "two gateways have different node ids", [b, c]);
  }),
  peerCheck("an unknown question returns no answers, whatever its name", async (suite, check) => {
    const [a] = await gateways(suite, check, [answersAs("a"), answersAs("b")]);
    check.clause(leavesOut);
    for (const question of ["what", "", "__proto__", "constructor", "toString", "who.", "*"])
      check.equal(await ask(check, a, question, null), [], `the answers to '${question}'`);
  }),
  peerCheck("an asynchronous answer is awaited", async (suite, check) => {
    const late = async (params: unknown) => {
      await check.quiet();
      return { late: JSON.parse(JSON.stringify(params)) };
    };
    const [a] = await gateways(suite, check, [answersAs("a"), { ...answersAs("b"), late }]);
    check.clause("Request handlers by name, with plain data or a promise as answer.");
    const answers = await ask(check, a, "late", { x: 1 });
    check.equal(
      answers.map(({ value }) => value),
      [{ late: { x: 1 } }],
      "the list of answers",
    );
  }),
  peerCheck("gateways that fail or answer too late are left out (S9.4)", checkLateAnswers),
  peerCheck("a stopped gateway is left out; a single gateway gets no answers", async (suite, check) => {
    const [a, b, c] = await gateways(suite, check, [answersAs("a"), answersAs("b"), answersAs("c")]);
    check.clause(leavesOut);
    await b?.broker.stop();
    const left = await ask(check, a, "who", 1);
    check.equal(
      left.map(({ value }) => value),
      [{ me: "c", asked: 1 }],
      "the answers without b",
    );
    await c?.broker.stop();
    check.equal(await ask(check, a, "who", 1), [], "the answers for the last gateway");
  }),
  peerCheck("asking before start() and after stop() returns no answers", async (suite, check) => {
    const { broker, sink } = await observe(suite, check);
    check.clause("Never rejects.");
    broker.peers?.handle(answersAs("a"));
    const askAlone = () => broker.peers?.request("who", null, shortTimeout(check));
    check.equal(await check.wait(askAlone(), "request() resolves"), [], "the answers before start()");
    await broker.start(sink);
    await broker.stop();
    check.equal(await check.wait(askAlone(), "request() resolves"), [], "the answers after stop()");
  }),
  peerCheck("params and answers of a megabyte arrive complete", async (suite, check) => {
    const ledger = { text: "0123456789abcdef".repeat(65_536), end: "whole" };
    const echo: PeerHandlers = { ledger: () => ledger, size: (params) => JSON.stringify(params).length };
    const all = await gateways(suite, check, [
      { ...answersAs("a"), ...echo },
      { ...answersAs("b"), ...echo },
    ]);
    check.clause("Requests between the gateways of one system, by name, with plain data as answers.");
    const size = JSON.stringify(ledger).length;
    for (const asker of all) {
      const answers = await ask(check, asker, "ledger", null);
      const sizes = answers.map(({ value }) => JSON.stringify(value).length);
      check.equal(sizes, [size], "the length of the answer");
      const params = await ask(check, asker, "size", ledger);
      check.equal(
        params.map(({ value }) => value),
        [size],
        "the length of the received params",
      );
    }
  }),
  peerCheck("plain data arrives unchanged, and each question gets its own answers", async (suite, check) => {
    const echo: PeerHandlers = { echo: (params) => JSON.parse(JSON.stringify(params)) };
    const [a] = await gateways(suite, check, [answersAs("a"), { ...answersAs("b"), ...echo }]);
    check.clause("Requests between the gateways of one system, by name, with plain data as answers.");
    const answers = await Promise.all(plainData.map((params) => ask(check, a, "echo", params)));
    check.equal(
      answers.map((got) => got.map(({ value }) => value)),
      plainData.map((params) => [params]),
      "the list of answers",
    );
  }),
  peerCheck("every gateway discovers the same services, calls them and reports to them", checkSharedServices),
];

const plainData = [null, false, 0, "", "Zürich 🏟", [], {}, [1, [2, { t: null }]], { "a.b": { $c: [true] } }];

async function checkLateAnswers(suite: BrokerSuite, check: CheckContext): Promise<void> {
  const never = Promise.withResolvers<null>();
  check.onEnd(() => never.resolve(null));
  const fails = (): never => {
    throw new Error("no ledger here");
  };
  const [a] = await gateways(suite, check, [
    answersAs("a"),
    { ...answersAs("b"), ledger: fails },
    { ...answersAs("c"), ledger: () => never.promise },
    { ...answersAs("d"), ledger: () => ({ of: "d" }) },
  ]);
  check.clause(leavesOut);
  const asked = a?.peers.request("ledger", {}, shortTimeout(check));
  const answers = await check.wait(asked, "request() resolves within its timeout");
  check.equal(
    answers?.map(({ value }) => value),
    [{ of: "d" }],
    "the list of answers",
  );
}

async function checkSharedServices(suite: BrokerSuite, check: CheckContext): Promise<void> {
  const { all, join } = await gatewaySystem(suite, check, [answersAs("a"), answersAs("b")]);
  const reported = recorder<string>("report");
  await join("n1", [
    {
      name: "player",
      actions: { get: ({ params }) => params.id },
      report: ({ gateway }) => reported.push(gateway),
    },
  ]);
  for (const [id, { changes, broker }] of all.entries()) {
    check.clause("A service appeared on a node.");
    await received(check, changes, "up player@n1");
    const answer = await check.wait(call(broker, "player.get", { params: { id } }), "the call resolves");
    check.equal(answer, id, "the answer");
    if (broker.report === undefined) continue;
    check.clause("Sends a report to one node of the service.");
    const gateway = `gateway ${id}`;
    await check.wait(broker.report("player", "n1", { ...report, gateway }), "report() resolves");
    await recorded(check, reported, (from) => from === gateway, `player receives the report of ${gateway}`);
  }
}

/** The timeout of questions to which a gateway gives no answer. */
function shortTimeout({ timeout }: CheckContext): number {
  return Math.min(1_000, timeout / 4);
}

async function ask(
  check: CheckContext,
  gateway: Gateway | undefined,
  question: string,
  params: Parameters<Peers["request"]>[1],
) {
  const asked = gateway?.peers.request(question, params, check.timeout) ?? [];
  return [...(await check.wait(asked, `request('${question}') resolves`))];
}

function answersAs(me: string): PeerHandlers {
  return { who: (asked) => ({ me, asked: JSON.parse(JSON.stringify(asked)) }) };
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/**
 * Creates gateways that have started and discovered each other, one for each set of answers. Every set must
 * answer `who`. Skips the check where the system cannot create a second gateway.
 */
async function gateways(
  suite: BrokerSuite,
  check: CheckContext,
  answers: readonly PeerHandlers[],
): Promise<readonly Gateway[]> {
  const { all } = await gatewaySystem(suite, check, answers);
  return all;
}

/** The same, with the function that lets nodes join. */
async function gatewaySystem(suite: BrokerSuite, check: CheckContext, answers: readonly PeerHandlers[]) {
  const { broker, anotherGateway, join, ...first } = await observe(suite, check);
  if (anotherGateway === undefined) return check.skip("the system cannot create a second gateway");
  const all: Gateway[] = [];
  for (const [index, own] of answers.entries()) {
    const recordedBy = index === 0 ? first : recordSink();
    const one = index === 0 ? broker : await anotherGateway(`g${index + 1}`);
    check.onEnd(() => one.stop());
    const { peers } = one;
    if (peers === undefined) throw new Error("All gateways of a system need peers, or none.");
    peers.handle(own);
    await check.wait(one.start(recordedBy.sink), "start() resolves");
    all.push({ ...recordedBy, broker: one, peers });
  }
  check.clause(onlyOthers);
  for (const { peers } of all)
    await check.until(
      async () => (await peers.request("who", null, check.timeout)).length === answers.length - 1,
      `request('who') returns ${answers.length - 1} answers`,
    );
  return { all, join };
}
