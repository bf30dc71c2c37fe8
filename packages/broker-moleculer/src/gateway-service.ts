import { Readable } from "node:stream";
import type { BrokerSink, EventPacket, Json, PeerHandlers, PeerReply } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import { askAction, gatewayService, leavingEvent, objectOrEmpty } from "@tidegate/service-moleculer/wire";
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import { receivePayload } from "./calls/answer.ts";
import type { RegistryWatch } from "./discovery/registry-watch.ts";

/** Version of the protocol between gateways. */
const protocolVersion = 1;

/** Longer JSON, in characters, is sent as a stream of pieces: NATS and TCP limit packets to 1 MB. */
const pieceLength = 128 * 1_024;

/** Characters of JSON that a question or an answer can have. */
const maxLength = 64 * 1_024 * 1_024;

/** Milliseconds that the pieces of a question can take. */
const questionTimeout = 10_000;

/**
 * Returns the service `$tidegate` of the gateway's node (S13.1). It receives all events in a group of its
 * own, so that each gateway receives every event. By its action `ask` other gateways ask this one (S9.4), and
 * nodes recognise a gateway.
 */
export function createGatewayService(
  broker: ServiceBroker,
  sink: BrokerSink,
  registryWatch: RegistryWatch,
  answers: PeerHandlers,
): ServiceSchema {
  const receive = (context: Context): void => {
    const { eventName: event, params: payload, nodeID: node } = context;
    if (event === null || event.startsWith("$")) return;
    if (event === leavingEvent) {
      if (typeof payload === "string" && typeof node === "string") registryWatch.serviceLeaves(payload, node);
      return;
    }
    try {
      const packet: EventPacket = {
        event,
        payload: receivePayload(payload, broker, node),
        broadcast: context.eventType !== "emit",
        ...(typeof node === "string" && { node }),
      };
      sink.event(packet);
    } catch (error) {
      broker.logger.error(`The event ${event} could not be handled.`, error);
    }
  };
  return {
    name: gatewayService,
    actions: {
      ask: { visibility: "public", handler: (context: Context) => answerPeer(answers, context) },
    },
    events: { "**": { group: `${gatewayService}-${broker.nodeID}`, handler: receive } },
  };
}

/**
 * Answers a question of another gateway. The request and its params are not checked before. Long params
 * arrive as a stream of text, and a long answer is sent as one.
 * @throws for another protocol version, for an unknown question, and what the answer's function throws
 */
async function answerPeer(
  answers: PeerHandlers,
  { params: request, stream }: Pick<Context, "params" | "stream">,
): Promise<{ readonly answer: Json } | Readable> {
  const { contract: version, question, params } = objectOrEmpty(request);
  const pieces = stream instanceof Readable ? stream : undefined;
  const answer =
    typeof question === "string" && Object.hasOwn(answers, question) ? answers[question] : undefined;
  if (version !== protocolVersion || answer === undefined) {
    pieces?.destroy();
    throw new Error(
      version === protocolVersion
        ? `This gateway does not answer the question ${JSON.stringify(question)}.`
        : `This gateway uses version ${protocolVersion} of the protocol between gateways.`,
    );
  }
  const received: unknown =
    pieces === undefined ? params : JSON.parse(await joinPieces(pieces, questionTimeout));
  const result = await answer(received);
  const text = JSON.stringify(result);
  return text.length > pieceLength ? Readable.from(splitText(text)) : { answer: result };
}

/**
 * Asks all other gateways at once. Leaves out a gateway that fails, or does not answer within `timeout`
 * milliseconds. Never rejects.
 */
export async function askPeers(
  broker: ServiceBroker,
  question: string,
  params: Json,
  timeout: number,
): Promise<readonly PeerReply[]> {
  const endpoints = broker.registry.getActionEndpoints(askAction)?.endpoints ?? [];
  const others = endpoints.filter(({ local, isAvailable }) => !local && isAvailable);
  const text = JSON.stringify(params);
  const asked: Question =
    text.length > pieceLength ? { question, timeout, pieces: text } : { question, timeout, params };
  const answers = await Promise.allSettled(others.map(({ id }) => askPeer(broker, asked, id)));
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
}

interface Question {
  readonly question: string;
  /** Milliseconds that each gateway has to answer. */
  readonly timeout: number;
  readonly params?: Json;
  /** The JSON of params that are too long for a packet. */
  readonly pieces?: string;
}

async function askPeer(broker: ServiceBroker, asked: Question, node: string): Promise<PeerReply> {
  const { question, timeout, params, pieces } = asked;
  const deadline = Date.now() + timeout;
  const reply: unknown = await broker.call(
    askAction,
    { contract: protocolVersion, question, ...(pieces === undefined && { params }) },
    {
      nodeID: node,
      timeout,
      retries: 0,
      ...(pieces !== undefined && { stream: Readable.from(splitText(pieces)) }),
    },
  );
  if (reply instanceof Readable)
    return { node, value: JSON.parse(await joinPieces(reply, deadline - Date.now())) };
  if (!isObject(reply) || !("answer" in reply)) throw new Error(`Gateway ${node} sent no answer.`);
  return { node, value: reply.answer };
}

/** Splits a text into pieces. Does not split surrogate pairs, which not every serializer would preserve. */
function* splitText(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const cut = from + pieceLength;
    const to = /[\uD800-\uDBFF]/.test(text[cut - 1] ?? "") ? cut - 1 : cut;
    yield text.slice(from, to);
    from = to;
  }
}

async function joinPieces(stream: Readable, ms: number): Promise<string> {
  const timer = setTimeout(() => stream.destroy(new Error("The pieces arrived too late.")), Math.max(0, ms));
  try {
    let text = "";
    for await (const piece of stream) {
      text += String(piece);
      if (text.length > maxLength) throw new Error(`The text is longer than ${maxLength} characters.`);
    }
    return text;
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
