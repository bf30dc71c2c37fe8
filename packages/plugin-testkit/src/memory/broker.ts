import {
  type Broker,
  type BrokerHealth,
  type BrokerSink,
  type CallRequest,
  type CallScope,
  type PublishRequest,
  systemClock,
  TidegateError,
} from "@tidegate/core-registry";
import { recorder } from "../recorder.ts";
import type { TestService } from "../service.ts";
import { runAction } from "./call.ts";
import { createHost, deliver, describeService, findAction, type Host } from "./host.ts";
import { endOf } from "./limits.ts";
import { isEventName, matches } from "./match.ts";
import {
  gatewayGroup,
  type MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryNode,
  type RecordedCall,
} from "./types.ts";

/**
 * Makes a distributed system in memory with a broker that is connected to it (S13): nodes join, publish, change, leave
 * and are lost as the test says. Everything is told to the sink at once, in the caller's turn; how long a call takes is
 * up to its handler's promise.
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const { clock = systemClock, name = "memory", requestTimeout = 10_000 } = options;
  const hosts = new Map<string, Host>();
  const calls = recorder<RecordedCall>("call");
  const published = recorder<PublishRequest>("publication");
  const counts = new Map<string, Map<string, number>>();
  const turns = new Map<string, number>();
  const running = new Set<Promise<unknown>>();
  let sink: BrokerSink | undefined;
  let patterns: readonly string[] | undefined;
  let health: BrokerHealth = { state: "up", since: clock.now() };

  const tell = (host: Host, service: TestService): void =>
    sink?.serviceUp(describeService(service), { id: host.id, hostname: host.hostname });

  const pick = ({ action, nodes }: CallRequest): Host => {
    const able = [...hosts.values()].filter(
      (host) => (nodes === undefined || nodes.includes(host.id)) && findAction(host, action) !== undefined,
    );
    const turn = turns.get(action) ?? 0;
    turns.set(action, turn + 1);
    const host = able[turn % able.length];
    if (host !== undefined) return host;
    throw new TidegateError("ACTION_UNAVAILABLE", `No node offers ${action}.`, { begun: false });
  };

  const count = (action: string, node: string): void => {
    const nodes = counts.get(action) ?? new Map<string, number>();
    counts.set(action, nodes.set(node, (nodes.get(node) ?? 0) + 1));
  };

  const call = async (scope: CallScope, request: CallRequest): Promise<unknown> => {
    if (sink === undefined || health.state !== "up")
      throw new TidegateError("BROKER_UNAVAILABLE", health.reason, { begun: false });
    if (scope.signal.aborted || (scope.deadline !== undefined && scope.deadline <= clock.now()))
      throw endOf(scope, clock, false);
    const host = pick(request);
    calls.push({ ...request, node: host.id, branch: scope.branch });
    count(request.action, host.id);
    const action = findAction(host, request.action) ?? {};
    const answer = runAction(host, action, scope, request, { clock, timeout: requestTimeout });
    running.add(answer);
    const done = (): void => void running.delete(answer);
    answer.then(done, done);
    return traced(scope, request.action, host.id, answer);
  };

  const traced = (scope: CallScope, action: string, node: string, answer: Promise<unknown>) => {
    const { trace } = scope;
    if (trace === undefined) return answer;
    const start = clock.now();
    return answer.then(
      (value) => {
        trace({ at: "call", action, node, ms: clock.now() - start });
        return value;
      },
      (error: TidegateError) => {
        trace({ at: "call", action, node, ms: clock.now() - start, error: error.code });
        throw error;
      },
    );
  };

  const send = (request: PublishRequest, from?: string): void => {
    const { event, params: payload, groups, broadcast } = request;
    deliver(hosts.values(), { event, payload, broadcast }, groups);
    const wanted = patterns?.some((pattern) => matches(pattern, event)) ?? false;
    if (!wanted || event.startsWith("$") || (groups !== undefined && !groups.includes(gatewayGroup))) return;
    sink?.event({ event, payload, broadcast, ...(groups && { groups }), ...(from && { node: from }) });
  };

  const memoryNode = (host: Host): MemoryNode => {
    const goDown = (how: "left" | "lost"): void => {
      if (hosts.get(host.id) === host) hosts.delete(host.id);
      const services = [...host.services.keys()];
      host.services.clear();
      for (const service of services) sink?.serviceDown(service, host.id, how);
    };
    return {
      id: host.id,
      publish: (service) => {
        hosts.set(host.id, host);
        host.services.set(service.name, service);
        tell(host, service);
      },
      withdraw: (service) => {
        if (host.services.delete(service)) sink?.serviceDown(service, host.id, "left");
      },
      leave: () => goDown("left"),
      crash: () => {
        goDown("lost");
        const lost = new TidegateError("ACTION_UNAVAILABLE", `Node ${host.id} was lost.`, { begun: true });
        for (const fail of [...host.running]) fail(lost);
      },
      emit: (event, params, groups) =>
        send({ event, params, broadcast: false, ...(groups && { groups }) }, host.id),
      broadcast: (event, params, groups) =>
        send({ event, params, broadcast: true, ...(groups && { groups }) }, host.id),
      reports: host.reports.items,
      waitForReport: (fits) => host.reports.waitFor(fits),
    };
  };

  const broker: Broker = {
    contract: 1,
    name,
    start: async (given) => {
      sink = given;
      for (const host of hosts.values()) for (const service of host.services.values()) tell(host, service);
      await options.discovery;
    },
    stop: async () => {
      sink = undefined;
      await Promise.allSettled(running);
    },
    call,
    health: () => health,
    ...(options.publish !== false && {
      publish: async (_scope: CallScope, request: PublishRequest) => {
        if (!isEventName(request.event)) throw new TidegateError("EVENT_NAME_INVALID");
        published.push(request);
        send(request);
      },
    }),
    ...(options.events !== false && {
      events: (wanted: readonly string[]) => {
        patterns = wanted;
      },
    }),
    ...(options.report !== false &&
      ({
        report: async (service, node, report) => {
          const host = hosts.get(node);
          host?.reports.push(report);
          host?.services.get(service)?.report?.(report);
        },
      } satisfies Pick<Broker, "report">)),
  };

  const nodes = new Map<string, MemoryNode>();
  return {
    broker,
    node: (id, hostname = "localhost") => {
      const node = nodes.get(id) ?? memoryNode(createHost(id, hostname));
      nodes.set(id, node);
      return node;
    },
    calls: calls.items,
    count: (action, node) => {
      let sum = 0;
      for (const [calledAction, byNode] of counts)
        for (const [calledNode, times] of byNode)
          if ((action ?? calledAction) === calledAction && (node ?? calledNode) === calledNode) sum += times;
      return sum;
    },
    published: published.items,
    get patterns() {
      return patterns;
    },
    get running() {
      return running.size;
    },
    setHealth: (state, reason) => {
      health = { state, since: clock.now(), ...(reason !== undefined && { reason }) };
    },
  };
}
