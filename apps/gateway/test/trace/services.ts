import { tidegate } from "@tidegate/service-moleculer";
import { type Context, Errors, type ServiceSchema } from "moleculer";

/** What an action or an event handler knows of its request. */
export interface Seen {
  readonly requestID: string | null;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Milliseconds that the caller waits. */
  readonly timeout: number | null;
}

function seenIn({ requestID, meta, headers, options }: Context): Seen {
  return { requestID, meta: { ...meta }, headers: { ...headers }, timeout: options.timeout ?? null };
}

const routes = [
  { method: "GET", path: "/seen", call: "outer.seen" },
  { method: "GET", path: "/heard", call: "inner.heard" },
  { method: "POST", path: "/publish", publish: { event: "trace.happened", params: "@body" } },
  { method: "GET", path: "/fail/:kind", call: "outer.fail" },
  { method: "GET", path: "/checked", call: "outer.checked" },
  { method: "GET", path: "/cached", call: "outer.cached" },
  { method: "GET", path: "/wait", call: "outer.wait" },
  { method: "GET", path: "/waiting", call: "inner.waiting" },
  {
    method: "GET",
    path: "/broken",
    call: { action: "outer.seen", map: "({ response }) => response.missing.member" },
  },
  { method: "GET", path: "/reports", call: "outer.reports" },
  {
    method: "GET",
    path: "/who",
    call: { action: "outer.seen", params: { user: "@context.auth.identity" } },
  },
];

const fragment = {
  protocol: {
    REST: { basePath: "/outer", routes },
    GraphQL: {
      typeDefs: "extend type Query { failing(kind: String!): String }",
      resolvers: { Query: { failing: { call: "outer.fail" } } },
    },
    WebSocket: {
      basePath: "/outer",
      routes: [
        {
          path: "/socket",
          publish: {
            event: "trace.happened",
            params: "@message",
            map: "({ params }) => params.missing.member",
          },
        },
      ],
    },
  },
};

const metadata: Record<string, unknown> = { api: fragment };

/** What the failing action does, by its param: Moleculer's errors about actions other than the called one. */
const failures: Readonly<Record<string, (context: Context) => unknown>> = {
  notFound: (context) => context.call("nowhere.secret"),
  notAvailable: () =>
    raise(new Errors.ServiceNotAvailableError({ action: "inner.secret", nodeID: "n-secret" })),
  rejected: () => raise(new Errors.RequestRejectedError({ action: "inner.secret", nodeID: "n-secret" })),
  queueFull: () => raise(new Errors.QueueIsFullError({ action: "inner.secret", nodeID: "n-secret" })),
  callLevel: () => raise(new Errors.MaxCallLevelError({ level: 100, nodeID: "n-secret" })),
  timeout: (context) => context.call("inner.secretlySlow", {}, { timeout: 50 }),
  skipped: () => raise(new Errors.RequestSkippedError({ action: "inner.secret", nodeID: "n-secret" })),
  validation: (context) => context.call("inner.checked", { secret: "x" }),
  own: () => raise(new Errors.MoleculerClientError("It retired.", 410, "RETIRED", { action: "retire" })),
};

function raise(error: Error): never {
  throw error;
}

/**
 * A service that publishes routes, and whose actions call those of `inner`.
 * @param hasMixin whether it uses the mixin; without it the fragment is in its metadata
 */
export function outerService(hasMixin: boolean): ServiceSchema {
  const reports: unknown[] = [];
  let runs = 0;
  return {
    name: "outer",
    ...(hasMixin ? { mixins: [tidegate()], metadata } : { metadata }),
    actions: {
      seen: async (context: Context) => {
        const own = { ...seenIn(context), params: context.params };
        await context.emit("trace.happened", { from: "outer" });
        return { own, nested: await context.call("inner.seen") };
      },
      fail: {
        params: { kind: "string" },
        handler: (context: Context<{ kind: string }>) => failures[context.params.kind]?.(context),
      },
      checked: { params: { n: { type: "number", min: 10 } }, handler: () => "checked" },
      cached: { params: { key: "string" }, cache: { keys: ["key"] }, handler: () => ++runs },
      wait: (context: Context) => context.call("inner.wait"),
      reports: () => reports,
      $report: (context: Context) => void reports.push(context.params),
    },
  };
}

/** The service that `outer` calls, and that hears the events. */
export function innerService(): ServiceSchema {
  const heard: unknown[] = [];
  const waiting: string[] = [];
  return {
    name: "inner",
    actions: {
      seen: seenIn,
      heard: () => heard,
      checked: { params: { secret: "number" }, handler: () => "checked" },
      secretlySlow: () => new Promise(() => undefined),
      wait: (context: Context) => {
        waiting.push("begun");
        const { signal } = context.locals as { signal?: AbortSignal };
        return new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => {
            waiting.push("cancelled");
            reject(signal.reason);
          });
        });
      },
      waiting: () => waiting,
    },
    events: {
      "trace.happened": (context: Context) =>
        void heard.push({ ...seenIn(context), payload: context.params }),
    },
  };
}
