import type { FragmentInput } from "@tidegate/core-registry";
import { operationProbe, type Probe, routeProbe } from "./probe.ts";

/** All kinds of changes in the order of their turns. */
export const changeKinds = [
  "route added",
  "route changed",
  "route removed",
  "type",
  "rule",
  "documentation",
  "subscription",
  "node",
  "field",
  "broken",
] as const;

/** The kind of a change: what differs from the previous stage. */
export type ChangeKind = (typeof changeKinds)[number];

/** The changing service after a change. */
export interface Stage {
  /** `node` also starts a new node and stops an old one. `broken` must not change what is served. */
  readonly kind: ChangeKind;
  readonly api: FragmentInput;
  /** Show whether clients get the new API. */
  readonly probes: readonly Probe[];
}

/** The stage after a change. 0 is the initial stage. */
export function stageOf(change: number): Stage {
  const kind = kindOf(change);
  if (kind === "broken") return { kind, api: brokenApi(change), probes: stageOf(change - 1).probes };
  return { kind, api: apiOf(change), probes: probesOf(change) };
}

/** The number of changes of a kind, up to a change. */
export function countOf(kind: ChangeKind, change: number): number {
  const position = changeKinds.indexOf(kind) + 1;
  return change < position ? 0 : Math.floor((change - position) / changeKinds.length) + 1;
}

function kindOf(change: number): ChangeKind {
  return changeKinds[(change - 1) % changeKinds.length] ?? "node";
}

/** The last change of a kind, up to a change. 0 if there is none. */
function lastOf(kind: ChangeKind, change: number): number {
  const count = countOf(kind, change);
  return count === 0 ? 0 : (count - 1) * changeKinds.length + changeKinds.indexOf(kind) + 1;
}

interface Numbers {
  readonly root: number;
  readonly added: number;
  readonly hasAddedRoute: boolean;
  /** The number in the name of a field. */
  readonly type: number;
  /** Whether a rule applies to the guarded route. */
  readonly guarded: boolean;
  readonly documentation: number;
  /** The number in the name of a subscribed event. */
  readonly subscription: number;
  /** Whether the additional field of Query exists. */
  readonly field: boolean;
}

function numbersOf(change: number): Numbers {
  const added = lastOf("route added", change);
  return {
    root: Math.max(lastOf("route changed", change), lastOf("node", change)),
    added,
    hasAddedRoute: added > lastOf("route removed", change),
    type: lastOf("type", change),
    guarded: countOf("rule", change) % 2 === 1,
    documentation: lastOf("documentation", change),
    subscription: lastOf("subscription", change),
    field: countOf("field", change) % 2 === 1,
  };
}

function apiOf(change: number): FragmentInput {
  const { root, added, hasAddedRoute, type, guarded, documentation, subscription, field } = numbersOf(change);
  const events = ["changing.tick", `changing.at${subscription}`];
  return {
    ...(guarded && {
      policy: {
        call: [
          {
            description: "No client of this run has the scope.",
            actions: ["changing.guarded"],
            scope: ["soak"],
          },
        ],
      },
    }),
    protocol: {
      REST: {
        basePath: "/changing",
        routes: [
          {
            method: "GET",
            path: "/",
            description: textOf(documentation),
            call: { action: "changing.get", params: { change: root } },
          },
          { method: "GET", path: "/kept", call: { action: "changing.kept" } },
          { method: "GET", path: "/guarded", call: { action: "changing.guarded" } },
          ...(hasAddedRoute ? [addedRoute(added)] : []),
        ],
      },
      GraphQL: {
        typeDefs: `
          type Changing { at${type}: Int }
          extend type Query { changing: Changing ${field ? "changingField: Changing" : ""} }
          extend type Subscription { changingTick: Tick! }
        `,
        resolvers: {
          Query: {
            changing: { call: { action: "changing.typed", params: { change: type } } },
            ...(field && { changingField: { call: { action: "changing.typed", params: { change: type } } } }),
          },
          Subscription: { changingTick: { subscribe: { events } } },
        },
      },
      WebSocket: { basePath: "/changing", routes: [{ path: "/feed", subscribe: { events } }] },
    },
  };
}

function addedRoute(change: number) {
  return {
    method: "GET",
    path: `/added-${change}`,
    call: { action: "changing.get", params: { change } },
  } as const;
}

/** An invalid fragment. If the gateway accepted it, the responses would change. */
function brokenApi(change: number): FragmentInput {
  const api = apiOf(change - 1);
  return {
    ...api,
    protocol: {
      ...api.protocol,
      REST: {
        basePath: "/changing",
        routes: [
          { method: "GET", path: "/", call: { action: "changing.get", params: { change } } },
          { method: "GET", path: `/:broken(${change}`, call: { action: "changing.kept" } },
        ],
      },
    },
  };
}

function probesOf(change: number): readonly Probe[] {
  const { root, added, hasAddedRoute, type, guarded, documentation, field } = numbersOf(change);
  const typed = { [`at${type}`]: type };
  return [
    routeProbe("/changing", { status: 200, body: JSON.stringify({ change: root }) }),
    routeProbe(
      `/changing/added-${added}`,
      hasAddedRoute ? { status: 200, body: JSON.stringify({ change: added }) } : { status: 404 },
    ),
    routeProbe("/changing/guarded", guarded ? { status: 401 } : { status: 200, body: '{"guarded":true}' }),
    routeProbe("/~catalog/openapi.json", { status: 200, contains: textOf(documentation) }),
    operationProbe(`{ changing { at${type} } }`, { body: JSON.stringify({ data: { changing: typed } }) }),
    operationProbe(
      `{ changingField { at${type} } }`,
      field ? { body: JSON.stringify({ data: { changingField: typed } }) } : { contains: '"errors"' },
    ),
  ];
}

function textOf(documentation: number): string {
  return `Documentation number ${documentation}.`;
}
