import { Readable } from "node:stream";
import type { Json, PeerAnswer, PeerAnswers } from "@tidegate/core-registry";
import type { Context, ServiceBroker } from "moleculer";

/** The action by which gateways ask each other, and by which nodes know who is a gateway. */
export const askAction = "$tidegate.ask";

/** The number of this contract. */
const contract = 1;

/** Characters of JSON over which data travel as a stream of pieces: NATS and TCP end packets at 1 MB. */
const pieceLength = 128 * 1_024;

/** Characters of JSON that a question or an answer may have. */
const longestText = 64 * 1_024 * 1_024;

/** Milliseconds that a question's pieces may take. */
const questionTimeout = 10_000;

/**
 * Answers a question of another gateway; what it sends is not checked before. Long params come as a stream of texts, and
 * a long answer is one.
 * @throws for another contract, a question that nobody answers, and what the answer throws
 */
export async function answerGateway(
  answers: PeerAnswers,
  { params: asked, stream }: Pick<Context, "params" | "stream">,
): Promise<{ readonly answer: Json } | Readable> {
  const { contract: number, question, params } = (asked ?? {}) as Record<string, unknown>;
  const long = stream instanceof Readable ? stream : undefined;
  const answer = typeof question === "string" && Object.hasOwn(answers, question) && answers[question];
  if (number !== contract || !answer) {
    long?.destroy();
    throw new Error(
      number === contract ? "Nobody answers this question." : `Gateways talk by contract ${contract} here.`,
    );
  }
  const given: unknown = long === undefined ? params : JSON.parse(await textOf(long, questionTimeout));
  const found = await answer(given);
  const text = JSON.stringify(found);
  return text.length > pieceLength ? Readable.from(piecesOf(text)) : { answer: found };
}

/** Asks all other gateways at once. Who fails, or does not answer within `timeout` milliseconds, is left out. Never rejects. */
export async function askGateways(
  broker: ServiceBroker,
  question: string,
  params: Json,
  timeout: number,
): Promise<readonly PeerAnswer[]> {
  const endpoints = broker.registry.getActionEndpoints(askAction)?.endpoints ?? [];
  const others = endpoints.filter(({ local, isAvailable }) => !local && isAvailable);
  const text = JSON.stringify(params);
  const asking: Asking = {
    broker,
    question,
    params,
    timeout,
    text: text.length > pieceLength ? text : undefined,
  };
  const answers = await Promise.allSettled(others.map(({ id }) => askGateway(asking, id)));
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
}

interface Asking {
  readonly broker: ServiceBroker;
  readonly question: string;
  readonly params: Json;
  readonly timeout: number;
  /** The params' JSON, where it is too long for a packet. */
  readonly text: string | undefined;
}

async function askGateway(
  { broker, question, params, timeout, text }: Asking,
  node: string,
): Promise<PeerAnswer> {
  const end = Date.now() + timeout;
  const reply: unknown = await broker.call(
    askAction,
    { contract, question, ...(text === undefined && { params }) },
    {
      nodeID: node,
      timeout,
      retries: 0,
      ...(text !== undefined && { stream: Readable.from(piecesOf(text)) }),
    },
  );
  if (reply instanceof Readable) return { node, answer: JSON.parse(await textOf(reply, end - Date.now())) };
  if (typeof reply !== "object" || reply === null || !("answer" in reply))
    throw new Error(`The gateway ${node} answered otherwise.`);
  return { node, answer: reply.answer };
}

function* piecesOf(text: string): Generator<string> {
  // A pair of surrogates that were parted would not survive every serializer.
  for (let from = 0; from < text.length; ) {
    const cut = from + pieceLength;
    const to = /[\uD800-\uDBFF]/.test(text[cut - 1] ?? "") ? cut - 1 : cut;
    yield text.slice(from, to);
    from = to;
  }
}

async function textOf(stream: Readable, ms: number): Promise<string> {
  const timer = setTimeout(() => stream.destroy(new Error("It came too late.")), Math.max(0, ms));
  try {
    let text = "";
    for await (const piece of stream) {
      text += String(piece);
      if (text.length > longestText) throw new Error("It is too long.");
    }
    return text;
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
