import { Readable } from "node:stream";
import { TidegateError } from "@tidegate/core-registry";
import { callScope } from "../src/index.ts";
import {
  type Breaking,
  withAnswer,
  withErrors,
  withEvents,
  withLateStop,
  withPeers,
  withPublication,
  withRequest,
  withScope,
  withService,
  withSink,
} from "./breaking.ts";

/** Brokers that break one sentence of the contract each, by what is wrong with them. */
export const brokenBrokers: Readonly<Record<string, Breaking>> = {
  // Members
  "wrong contract number": (broker) => Object.assign({ ...broker }, { contract: 99 }),
  "unknown member": (broker) => Object.assign({ ...broker }, { publsih: () => undefined }),
  "no name": (broker) => Object.assign({ ...broker }, { name: undefined }),
  "empty name": (broker) => ({ ...broker, name: " " }),
  "stop is missing": (broker) => Object.assign({ ...broker }, { stop: undefined }),
  "unknown state of health": (broker) => ({
    ...broker,
    health: () => Object.assign({ since: 1_795_000_000_000 }, { state: "ok" as "up" }),
  }),
  "health counts in seconds": (broker) => ({
    ...broker,
    health: () => ({ state: "up", since: 1_795_000_000 }),
  }),

  // Descriptions
  "exposed dropped": withService(({ exposed: _, ...service }) => service),
  "events of a service dropped": withService((service) => ({ ...service, events: [] })),
  "revision dropped": withService(({ revision: _, ...service }) => service),
  "metadata dropped": withService(({ metadata: _, ...service }) => service),
  "metadata contains the fragment": withService((service) => ({
    ...service,
    metadata: { ...service.metadata, api: JSON.stringify(service.fragment) },
  })),
  "fragment dropped": withService(({ fragment: _, ...service }) => service),
  "fragment changed": withService((service) =>
    typeof service.fragment === "object"
      ? { ...service, fragment: { ...service.fragment, added: true } }
      : service,
  ),
  "version of the name dropped": withService((service) => ({
    ...service,
    name: service.name.replace(/^v\d+\./, ""),
  })),
  "params of actions dropped": withService((service) => ({
    ...service,
    actions: service.actions.map(({ params: _, ...action }) => action),
  })),
  "description of actions dropped": withService((service) => ({
    ...service,
    actions: service.actions.map(({ description: _, ...action }) => action),
  })),
  "published: false dropped": withService((service) => ({
    ...service,
    actions: service.actions.map(({ published: _, ...action }) => action),
  })),

  // Discovery
  "start resolves before the known services are reported": (broker) => ({
    ...broker,
    start: async (sink) => void setTimeout(() => broker.start(sink), 20),
  }),
  "changes of a service are not reported": withSink((sink) => {
    const known = new Set<string>();
    return {
      serviceUp: (service, node) => {
        const key = `${service.name}@${node.id}`;
        if (!known.has(key)) sink.serviceUp(service, node);
        known.add(key);
      },
    };
  }),
  "serviceDown never reported": withSink(() => ({ serviceDown: () => undefined })),
  "left instead of lost": withSink((sink) => ({
    serviceDown: (service, node) => sink.serviceDown(service, node, "left"),
  })),
  "lost instead of left": withSink((sink) => ({
    serviceDown: (service, node) => sink.serviceDown(service, node, "lost"),
  })),
  "serviceDown of the wrong node": withSink((sink) => ({
    serviceDown: (service, _, how) => sink.serviceDown(service, "n0", how),
  })),

  // The broker's own connection
  "a lost connection is not reported": withSink(() => ({ connectionChanged: () => undefined })),
  "a connection that is back is not reported": withSink((sink) => ({
    connectionChanged: (state) => state === "lost" && sink.connectionChanged?.(state),
  })),
  "health ignores a lost connection": (broker) => ({
    ...broker,
    health: () => ({ state: "up", since: 1_795_000_000_000 }),
  }),

  // Calls
  "a stream beside params dropped": withRequest(({ stream: _, ...request }) => request),
  "params dropped": withRequest((request) => ({ ...request, params: {} })),
  "caller's params mutated": withRequest((request) => {
    if (typeof request.params === "object" && request.params !== null)
      Object.assign(request.params, { seen: true });
    return request;
  }),
  "nodes ignored": withRequest(({ nodes: _, ...request }) => request),
  "always the first of the nodes": withRequest((request) => ({
    ...request,
    nodes: request.nodes?.slice(0, 1) ?? ["n1"],
  })),
  "timeout ignored": withRequest(({ timeout: _, ...request }) => request),
  "deadline ignored": withScope((scope) => ({ ...scope, deadline: undefined })),
  "branch lost": withScope((scope) => ({ ...scope, branch: "master" })),
  "the scope's end ignored": withScope(({ branch, context, deadline, trace }) =>
    callScope({ branch, context, deadline, trace }),
  ),
  "trace ignored": withScope((scope) => ({ ...scope, trace: undefined })),
  "error code lost": withErrors((error) => new Error(error.message)),
  "data of a service's error lost": withErrors(
    ({ code, message, details: { data: _, ...details } }) => new TidegateError(code, message, details),
  ),
  "dispatched is always true": withErrors(
    ({ code, message, details }) => new TidegateError(code, message, { ...details, dispatched: true }),
  ),
  "dispatched is always false": withErrors(
    ({ code, message, details }) => new TidegateError(code, message, { ...details, dispatched: false }),
  ),
  "null becomes undefined": withAnswer((answer) => answer ?? undefined),
  "binary answers become text": withAnswer((answer) =>
    answer instanceof Readable ? Readable.from(answer.map((chunk) => String(chunk))) : answer,
  ),
  "one call at a time": (broker) => {
    let last: Promise<unknown> = Promise.resolve();
    return {
      ...broker,
      call: (scope, request) => {
        last = last.then(
          () => broker.call(scope, request),
          () => broker.call(scope, request),
        );
        return last;
      },
    };
  },

  // Events
  "groups of a publication dropped": withPublication(({ groups: _, ...request }) => request),
  "broadcast of a publication dropped": withPublication((request) => ({ ...request, broadcast: false })),
  "emitted events go to every node": withPublication((request) => ({ ...request, broadcast: true })),
  "payload of a publication wrapped": withPublication((request) => ({
    ...request,
    params: [request.params],
  })),
  "patterns can be published": (broker) => ({
    ...broker,
    publish: async (scope, request) => broker.publish?.(scope, request).catch(() => undefined),
  }),
  "own publications do not come back": withEvents((packet) =>
    packet.node === undefined ? undefined : packet,
  ),
  "broadcasts do not arrive": withEvents((packet) => (packet.broadcast ? undefined : packet)),
  "groups of an event dropped": withEvents(({ groups: _, ...packet }) => packet),
  "broadcast of an event lost": withEvents((packet) => ({ ...packet, broadcast: false })),
  "node of an event missing": withEvents(({ node: _, ...packet }) => packet),
  "payload of an event changed": withEvents((packet) => ({ ...packet, payload: String(packet.payload) })),
  "events delivered twice": withSink((sink) => ({
    event: (packet) => {
      sink.event(packet);
      sink.event(packet);
    },
  })),
  "later patterns ignored": (broker) => {
    let isSet = false;
    return {
      ...broker,
      events: (patterns) => {
        if (!isSet) broker.events?.(patterns);
        isSet = true;
      },
    };
  },

  // Reports
  "report to the wrong node": (broker) => ({
    ...broker,
    report: async (service, _, report) => broker.report?.(service, "n1", report),
  }),
  "report never sent": (broker) => ({ ...broker, report: async () => undefined }),
  "report changed": (broker) => ({
    ...broker,
    report: async (service, node, report) =>
      broker.report?.(service, node, { ...report, findings: [], table: "" }),
  }),
  "report rejects without a receiver": (broker) => ({
    ...broker,
    report: async (service, node, report) => {
      if (!["player", "team"].includes(service)) throw new Error(`${service} has no action $report.`);
      await broker.report?.(service, node, report);
    },
  }),

  // Stop
  "stop ends before running calls": (broker) => ({ ...broker, stop: async () => void broker.stop() }),
  "stop is not idempotent": (broker) => {
    let isStopped = false;
    return {
      ...broker,
      stop: async () => {
        if (isStopped) throw new Error("The broker is stopped.");
        isStopped = true;
        await broker.stop();
      },
    };
  },
  "stop does nothing": (broker) => ({ ...broker, stop: async () => undefined }),
  "the sink receives changes after stop": withLateStop({ isDeaf: false, refusesCalls: true }),
  "calls are sent after stop": withLateStop({ isDeaf: true, refusesCalls: false }),

  // Peers
  "a gateway asks itself": (broker) => {
    let who: ((params: unknown) => unknown) | undefined;
    return withPeers(({ handle, request }) => ({
      handle: (answers) => {
        who = answers.who;
        handle(answers);
      },
      request: async (question, params, timeout) => {
        const answers = await request(question, params, timeout);
        return question === "who" && answers.length > 0 && who !== undefined
          ? [...answers, { node: "gateway", value: await who(params) }]
          : answers;
      },
    }))(broker);
  },
  "ask rejects without answers": withPeers(({ handle, request }) => ({
    handle,
    request: async (question, params, timeout) => {
      const answers = await request(question, params, timeout);
      if (answers.length === 0) throw new Error("No gateway answers.");
      return answers;
    },
  })),
  "timeout of ask ignored": withPeers(({ handle, request }) => ({
    handle,
    request: (question, params) => request(question, params, 60_000),
  })),
  "all answers have one node": withPeers(({ handle, request }) => ({
    handle,
    request: async (question, params, timeout) =>
      (await request(question, params, timeout)).map((got) => ({ ...got, node: "gateway" })),
  })),
  "params of a question lost": withPeers(({ handle, request }) => ({
    handle,
    request: (question, _, timeout) => request(question, null, timeout),
  })),
};
