import type { FragmentInput } from "@tidegate/core-registry";
import { operationProbe, type Probe, routeProbe } from "./probe.ts";

/** Every kind of change, in the order in which they come, again and again. */
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

/** What differs from the change before. */
export type ChangeKind = (typeof changeKinds)[number];

/** The changing service at one moment. */
export interface Stage {
  /** What differs. `node`: a new node comes with it, and an old one goes. `broken`: nothing of it may be served. */
  readonly kind: ChangeKind;
  /** What the service publishes. */
  readonly api: FragmentInput;
  /** What clients see from then on. */
  readonly probes: readonly Probe[];
}

/** The changing service as a change makes it. 0: as it begins. */
export function stageOf(change: number): Stage {
  const kind = kindOf(change);
  if (kind === "broken") return { kind, api: brokenApi(change), probes: stageOf(change - 1).probes };
  return { kind, api: apiOf(change), probes: probesOf(change) };
}

/** How often a kind of change came, until a change. */
export function countOf(kind: ChangeKind, change: number): number {
  const place = changeKinds.indexOf(kind) + 1;
  return change < place ? 0 : Math.floor((change - place) / changeKinds.length) + 1;
}

function kindOf(change: number): ChangeKind {
  return changeKinds[(change - 1) % changeKinds.length] ?? "node";
}

/** The last change of a kind, until a change; 0: none. */
function lastOf(kind: ChangeKind, change: number): number {
  const count = countOf(kind, change);
  return count === 0 ? 0 : (count - 1) * changeKinds.length + changeKinds.indexOf(kind) + 1;
}

interface Numbers {
  /** What the root route answers. */
  readonly root: number;
  /** The route that came last. */
  readonly added: number;
  /** Whether that is still there. */
  readonly addedIsThere: boolean;
  /** The number in a field's name. */
  readonly type: number;
  /** Whether a rule guards the guarded route. */
  readonly guarded: boolean;
  /** The number in a description. */
  readonly documentation: number;
  /** The number in the name of an event that is subscribed to. */
  readonly subscription: number;
  /** Whether a field of Query is there. */
  readonly field: boolean;
}

function numbersOf(change: number): Numbers {
  const added = lastOf("route added", change);
  return {
    root: Math.max(lastOf("route changed", change), lastOf("node", change)),
    added,
    addedIsThere: added > lastOf("route removed", change),
    type: lastOf("type", change),
    guarded: countOf("rule", change) % 2 === 1,
    documentation: lastOf("documentation", change),
    subscription: lastOf("subscription", change),
    field: countOf("field", change) % 2 === 1,
  };
}

function apiOf(change: number): FragmentInput {
  const { root, added, addedIsThere, type, guarded, documentation, subscription, field } = numbersOf(change);
  const events = ["changing.tick", `changing.at${subscription}`];
  return {
    ...(guarded && {
      policy: {
        call: [{ description: "For nobody here.", actions: ["changing.guarded"], scope: ["soak"] }],
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
          ...(addedIsThere ? [addedRoute(added)] : []),
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

/** A fragment that would change what is answered, if it were not faulty. */
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
  const { root, added, addedIsThere, type, guarded, documentation, field } = numbersOf(change);
  const typed = { [`at${type}`]: type };
  return [
    routeProbe("/changing", { status: 200, body: JSON.stringify({ change: root }) }),
    routeProbe(
      `/changing/added-${added}`,
      addedIsThere ? { status: 200, body: JSON.stringify({ change: added }) } : { status: 404 },
    ),
    routeProbe("/changing/guarded", guarded ? { status: 401 } : { status: 200, body: '{"guarded":true}' }),
    routeProbe("/~catalog/openapi.json", { status: 200, holds: textOf(documentation) }),
    operationProbe(`{ changing { at${type} } }`, { body: JSON.stringify({ data: { changing: typed } }) }),
    operationProbe(
      `{ changingField { at${type} } }`,
      field ? { body: JSON.stringify({ data: { changingField: typed } }) } : { holds: '"errors"' },
    ),
  ];
}

function textOf(documentation: number): string {
  return `Documentation number ${documentation}.`;
}
