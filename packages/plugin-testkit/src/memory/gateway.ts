import {
  type Broker,
  type CallScope,
  type Clock,
  type Json,
  type PeerAnswer,
  type PeerAnswers,
  type PublishRequest,
  TidegateError,
} from "@tidegate/core-registry";
import { runAction, scopeError } from "./calls.ts";
import { isEventName } from "./event-names.ts";
import { findAction } from "./node.ts";
import {
  announceAll,
  type ConnectedGateway,
  type MemorySystem,
  type Peer,
  selectNode,
  sendEvent,
} from "./system.ts";
import type { MemoryBrokerOptions } from "./types.ts";

/** A gateway's connection to a system in memory. */
export interface GatewayConnection {
  readonly broker: Broker;
  /** The event patterns that the gateway subscribed to last. */
  readonly patterns: () => readonly string[] | undefined;
  /** Number of its calls that wait for their action. */
  readonly running: () => number;
}

/**
 * Creates a connection that is not started.
 *
 * @param node id of the gateway's node
 */
export function gatewayConnection(
  system: MemorySystem,
  node: string,
  options: MemoryBrokerOptions,
): GatewayConnection {
  const { clock } = system;
  const running = new Set<Promise<unknown>>();
  let connected: ConnectedGateway | undefined;
  let answers: PeerAnswers = {};
  let patterns: readonly string[] | undefined;

  const call: Broker["call"] = async (scope, request) => {
    if (connected === undefined || system.health.state !== "up")
      throw new TidegateError("BROKER_UNAVAILABLE", system.health.reason, { dispatched: false });
    if (scope.signal.aborted || (scope.deadline !== undefined && scope.deadline <= clock.now()))
      throw scopeError(scope, clock, false);
    const target = selectNode(system, request);
    if (target === undefined)
      throw new TidegateError("ACTION_UNAVAILABLE", `No node provides ${request.action}.`, {
        dispatched: false,
      });
    system.calls.push({ ...request, node: target.id, branch: scope.branch });
    countCall(system, request.action, target.id);
    const action = findAction(target, request.action) ?? {};
    const answer = runAction(target, action, scope, request, {
      clock,
      timeout: options.requestTimeout ?? 10_000,
    });
    running.add(answer);
    const done = (): void => void running.delete(answer);
    answer.then(done, done);
    return traceCall(system, scope, { action: request.action, node: target.id }, answer);
  };

  const broker: Broker = {
    contract: 1,
    name: system.name,
    start: async (sink) => {
      connected = { node, sink, answers: () => answers, patterns: () => patterns };
      system.gateways.add(connected);
      announceAll(system, sink);
      await options.discovery;
    },
    stop: async () => {
      if (connected !== undefined) system.gateways.delete(connected);
      connected = undefined;
      await Promise.allSettled(running);
    },
    call,
    health: () => system.health,
    ...(options.publish !== false && {
      publish: async (_scope: CallScope, request: PublishRequest) => {
        if (!isEventName(request.event)) throw new TidegateError("EVENT_NAME_INVALID");
        system.published.push(request);
        sendEvent(system, request);
      },
    }),
    ...(options.events !== false && {
      events: (subscribed: readonly string[]) => {
        patterns = subscribed;
      },
    }),
    ...(options.report !== false &&
      ({
        report: async (service, nodeId, report) => {
          const target = system.nodes.get(nodeId);
          target?.reports.push(report);
          target?.services.get(service)?.report?.(report);
        },
      } satisfies Pick<Broker, "report">)),
    ...(options.peers !== false &&
      ({
        peers: {
          answer: (next) => {
            answers = next;
          },
          ask: async (question, params, timeout) => {
            if (connected === undefined || system.health.state !== "up") return [];
            const others = [...system.gateways].filter((other) => other !== connected);
            return askPeers(others, { question, params, timeout, clock });
          },
        },
      } satisfies Pick<Broker, "peers">)),
  };
  return { broker, patterns: () => patterns, running: () => running.size };
}

function countCall({ counts }: MemorySystem, action: string, node: string): void {
  const nodes = counts.get(action) ?? new Map<string, number>();
  counts.set(action, nodes.set(node, (nodes.get(node) ?? 0) + 1));
}

function traceCall(
  { clock }: MemorySystem,
  { trace }: CallScope,
  call: { readonly action: string; readonly node: string },
  answer: Promise<unknown>,
): Promise<unknown> {
  if (trace === undefined) return answer;
  const start = clock.now();
  return answer.then(
    (value) => {
      trace({ at: "call", ...call, ms: clock.now() - start });
      return value;
    },
    (error: TidegateError) => {
      trace({ at: "call", ...call, ms: clock.now() - start, error: error.code });
      throw error;
    },
  );
}

/** Asks other gateways, as `Peers.ask` does. Data is copied as JSON, as between separate processes. */
async function askPeers(
  peers: readonly Peer[],
  { question, params, timeout, clock }: { question: string; params: Json; timeout: number; clock: Clock },
): Promise<readonly PeerAnswer[]> {
  const { promise: timedOut, resolve: expire } = Promise.withResolvers<undefined>();
  const cancelTimer = clock.after(timeout, () => expire(undefined));
  const asked = peers.map(async ({ node, answers }) => {
    const answer = await Promise.race([
      timedOut,
      askPeer(answers(), question, params).catch(() => undefined),
    ]);
    return answer === undefined ? [] : [{ node, answer: JSON.parse(answer) as unknown }];
  });
  const received = await Promise.all(asked);
  cancelTimer();
  return received.flat();
}

async function askPeer(answers: PeerAnswers, question: string, params: Json): Promise<string | undefined> {
  const answer = Object.hasOwn(answers, question) ? answers[question] : undefined;
  return answer === undefined ? undefined : JSON.stringify(await answer(JSON.parse(JSON.stringify(params))));
}
