import {
  type Broker,
  type CallScope,
  type PeerAnswers,
  type PublishRequest,
  TidegateError,
} from "@tidegate/core-registry";
import { runAction } from "./call.ts";
import { findAction } from "./host.ts";
import { endOf } from "./limits.ts";
import { isEventName } from "./match.ts";
import { askAll } from "./peers.ts";
import { type Connected, pick, type System, send, tellAll } from "./system.ts";
import type { MemoryBrokerOptions } from "./types.ts";

/** A gateway's connection to a system in memory. */
export interface GatewayConnection {
  /** What the gateway is given. */
  readonly broker: Broker;
  /** The event patterns that it asked for last. */
  readonly patterns: () => readonly string[] | undefined;
  /** How many of its calls wait for their action. */
  readonly running: () => number;
}

/** Makes a connection that is not started. @param node the gateway's node, as others see it */
export function gatewayConnection(
  system: System,
  node: string,
  options: MemoryBrokerOptions,
): GatewayConnection {
  const { clock } = system;
  const running = new Set<Promise<unknown>>();
  let connected: Connected | undefined;
  let answers: PeerAnswers = {};
  let wanted: readonly string[] | undefined;

  const call: Broker["call"] = async (scope, request) => {
    if (connected === undefined || system.health.state !== "up")
      throw new TidegateError("BROKER_UNAVAILABLE", system.health.reason, { dispatched: false });
    if (scope.signal.aborted || (scope.deadline !== undefined && scope.deadline <= clock.now()))
      throw endOf(scope, clock, false);
    const host = pick(system, request);
    if (host === undefined)
      throw new TidegateError("ACTION_UNAVAILABLE", `No node offers ${request.action}.`, {
        dispatched: false,
      });
    system.calls.push({ ...request, node: host.id, branch: scope.branch });
    count(system, request.action, host.id);
    const action = findAction(host, request.action) ?? {};
    const answer = runAction(host, action, scope, request, {
      clock,
      timeout: options.requestTimeout ?? 10_000,
    });
    running.add(answer);
    const done = (): void => void running.delete(answer);
    answer.then(done, done);
    return traced(system, scope, { action: request.action, node: host.id }, answer);
  };

  const broker: Broker = {
    contract: 1,
    name: system.name,
    start: async (sink) => {
      connected = { node, sink, answers: () => answers, patterns: () => wanted };
      system.connected.add(connected);
      tellAll(system, sink);
      await options.discovery;
    },
    stop: async () => {
      if (connected !== undefined) system.connected.delete(connected);
      connected = undefined;
      await Promise.allSettled(running);
    },
    call,
    health: () => system.health,
    ...(options.publish !== false && {
      publish: async (_scope: CallScope, request: PublishRequest) => {
        if (!isEventName(request.event)) throw new TidegateError("EVENT_NAME_INVALID");
        system.published.push(request);
        send(system, request);
      },
    }),
    ...(options.events !== false && {
      events: (patterns: readonly string[]) => {
        wanted = patterns;
      },
    }),
    ...(options.report !== false &&
      ({
        report: async (service, on, report) => {
          const host = system.hosts.get(on);
          host?.reports.push(report);
          host?.services.get(service)?.report?.(report);
        },
      } satisfies Pick<Broker, "report">)),
    ...(options.peers !== false &&
      ({
        peers: {
          answer: (given) => {
            answers = given;
          },
          ask: async (question, params, timeout) => {
            if (connected === undefined || system.health.state !== "up") return [];
            const others = [...system.connected].filter((other) => other !== connected);
            return askAll(others, { question, params, timeout, clock });
          },
        },
      } satisfies Pick<Broker, "peers">)),
  };
  return { broker, patterns: () => wanted, running: () => running.size };
}

function count({ counts }: System, action: string, node: string): void {
  const nodes = counts.get(action) ?? new Map<string, number>();
  counts.set(action, nodes.set(node, (nodes.get(node) ?? 0) + 1));
}

function traced(
  { clock }: System,
  { trace }: CallScope,
  what: { readonly action: string; readonly node: string },
  answer: Promise<unknown>,
): Promise<unknown> {
  if (trace === undefined) return answer;
  const start = clock.now();
  return answer.then(
    (value) => {
      trace({ at: "call", ...what, ms: clock.now() - start });
      return value;
    },
    (error: TidegateError) => {
      trace({ at: "call", ...what, ms: clock.now() - start, error: error.code });
      throw error;
    },
  );
}
