import {
  type Broker,
  type BrokerSink,
  type CallRequest,
  type CallScope,
  type Clock,
  type Json,
  type PeerHandlers,
  type PeerReply,
  type Peers,
  type PublishRequest,
  type Report,
  TidegateError,
} from "@tidegate/core-registry";
import { eventNameProblem } from "@tidegate/core-registry/runtime";
import { runAction, scopeError } from "./calls.ts";
import { findAction, type NodeState } from "./node.ts";
import {
  announceAll,
  type ConnectedGateway,
  type MemorySystem,
  type Peer,
  selectNode,
  sendEvent,
} from "./system.ts";
import type { MemoryBrokerOptions } from "./types.ts";

/** A gateway's connection to a system in memory, with the gateway's broker. Not started. */
export class MemoryGateway {
  readonly broker: Broker;
  readonly #system: MemorySystem;
  readonly #node: string;
  readonly #options: MemoryBrokerOptions;
  readonly #running = new Set<Promise<unknown>>();
  /** Present while the broker is started. */
  #connected: ConnectedGateway | undefined;
  #answers: PeerHandlers = {};
  #patterns: readonly string[] | undefined;

  /** @param node id of the gateway's node */
  constructor(system: MemorySystem, node: string, options: MemoryBrokerOptions) {
    this.#system = system;
    this.#node = node;
    this.#options = options;
    this.broker = this.#createBroker();
  }

  /** The event patterns that the gateway subscribed to last; undefined before. */
  get patterns(): readonly string[] | undefined {
    return this.#patterns;
  }

  /** The number of the gateway's calls that wait for their action. */
  get running(): number {
    return this.#running.size;
  }

  #createBroker(): Broker {
    const { publish = true, events = true, report = true, peers = true } = this.#options;
    return {
      contract: 2,
      name: this.#system.name,
      start: (sink) => this.#start(sink),
      stop: () => this.#stop(),
      call: (scope, request) => this.#call(scope, request),
      health: () => this.#system.health,
      ...(publish && {
        publish: (_scope: CallScope, request: PublishRequest) => this.#publish(request),
      }),
      ...(events && {
        events: (patterns: readonly string[]) => {
          this.#patterns = patterns;
        },
      }),
      ...(report && {
        report: (service: string, node: string, sent: Report) => this.#report(service, node, sent),
      }),
      ...(peers && { peers: this.#createPeers() }),
    };
  }

  #createPeers(): Peers {
    return {
      handle: (answers) => {
        this.#answers = answers;
      },
      request: async (question, params, timeout) => {
        const { gateways, clock } = this.#system;
        if (this.#connected === undefined || !this.#isUp()) return [];
        const others = [...gateways].filter((other) => other !== this.#connected);
        return askPeers(others, { question, params, timeout, clock });
      },
    };
  }

  async #start(sink: BrokerSink): Promise<void> {
    this.#connected = {
      node: this.#node,
      sink,
      answers: () => this.#answers,
      patterns: () => this.#patterns,
    };
    this.#system.gateways.add(this.#connected);
    announceAll(this.#system, sink);
    await this.#options.discovery;
  }

  async #stop(): Promise<void> {
    if (this.#connected !== undefined) this.#system.gateways.delete(this.#connected);
    this.#connected = undefined;
    await Promise.allSettled(this.#running);
  }

  async #call(scope: CallScope, request: CallRequest): Promise<unknown> {
    const system = this.#system;
    const target = this.#selectTarget(scope, request);
    system.calls.push({ ...request, node: target.id, branch: scope.branch });
    countCall(system, request.action, target.id);
    const answer = runAction(target, findAction(target, request.action) ?? {}, scope, request, {
      clock: system.clock,
      timeout: this.#options.requestTimeout ?? 10_000,
    });
    this.#running.add(answer);
    const done = (): void => void this.#running.delete(answer);
    answer.then(done, done);
    return traceCall(system, scope, { action: request.action, node: target.id }, answer);
  }

  /**
   * Selects the node for a call.
   *
   * @throws {TidegateError} where the call cannot be sent; with `dispatched: false`
   */
  #selectTarget(scope: CallScope, request: CallRequest): NodeState {
    const { clock, health } = this.#system;
    if (this.#connected === undefined || !this.#isUp())
      throw new TidegateError("BROKER_UNAVAILABLE", health.reason, { dispatched: false });
    if (scope.signal.aborted || (scope.deadline !== undefined && scope.deadline <= clock.now()))
      throw scopeError(scope, clock, false);
    const target = selectNode(this.#system, request);
    if (target === undefined)
      throw new TidegateError("ACTION_UNAVAILABLE", `No node provides ${request.action}.`, {
        dispatched: false,
      });
    return target;
  }

  async #publish(request: PublishRequest): Promise<void> {
    const problem = eventNameProblem(request.event);
    if (problem !== undefined) throw new TidegateError("EVENT_NAME_INVALID", problem);
    this.#system.published.push(request);
    sendEvent(this.#system, request);
  }

  async #report(service: string, node: string, report: Report): Promise<void> {
    const target = this.#system.nodes.get(node);
    target?.reports.push(report);
    target?.services.get(service)?.report?.(report);
  }

  #isUp(): boolean {
    return this.#system.health.state === "up";
  }
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

/** Asks other gateways, as `Peers.request` does. Data is copied as JSON, as between separate processes. */
async function askPeers(
  peers: readonly Peer[],
  { question, params, timeout, clock }: { question: string; params: Json; timeout: number; clock: Clock },
): Promise<readonly PeerReply[]> {
  const { promise: timedOut, resolve: expire } = Promise.withResolvers<undefined>();
  const cancelTimer = clock.after(timeout, () => expire(undefined));
  const asked = peers.map(async ({ node, answers }) => {
    const answer = await Promise.race([
      timedOut,
      askPeer(answers(), question, params).catch(() => undefined),
    ]);
    return answer === undefined ? [] : [{ node, value: JSON.parse(answer) as unknown }];
  });
  const received = await Promise.all(asked);
  cancelTimer();
  return received.flat();
}

async function askPeer(answers: PeerHandlers, question: string, params: Json): Promise<string | undefined> {
  const answer = Object.hasOwn(answers, question) ? answers[question] : undefined;
  return answer === undefined ? undefined : JSON.stringify(await answer(JSON.parse(JSON.stringify(params))));
}
