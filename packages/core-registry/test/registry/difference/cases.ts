import type { FragmentInput, FragmentPolicy } from "../../../src/contracts/fragment.ts";
import type { Json } from "../../../src/contracts/json.ts";
import type { Fragments } from "./kit.ts";

/** A route of the test protocol REST, as a service writes it. */
export type RouteInput = { readonly [member: string]: Json };

/** A fragment of REST routes below `/players`. */
export function players(routes: readonly RouteInput[], policy: FragmentPolicy = {}): FragmentInput {
  return { policy, protocol: { REST: { basePath: "/players", routes } } };
}

/** A fragment of one WebSocket route, `/chat`. */
export function chat(route: RouteInput, policy: FragmentPolicy = {}): FragmentInput {
  return { policy, protocol: { WebSocket: { basePath: "/", routes: [{ path: "/chat", ...route }] } } };
}

/** A route that calls `player.get`. */
export function get(call: RouteInput = {}, route: RouteInput = {}): RouteInput {
  return { path: "/:id", ...route, call: { action: "player.get", ...call } };
}

/** A route that calls `player.list`. */
export const list: RouteInput = { path: "/", call: { action: "player.list" } };

/** Rules on calls: each a list of scopes. */
export function scoped(...scopes: readonly (readonly string[])[]): FragmentPolicy {
  return { call: scopes.map((scope) => ({ actions: ["player.**"], scope })) };
}

/** The versions of the golden files, by the name of the file. */
export const goldenCases: Readonly<Record<string, readonly [before: Fragments, after: Fragments]>> = {
  "added-and-removed": [{ player: players([list]) }, { player: players([get()], scoped(["player"])) }],
  "moved-to-another-path": [
    { player: players([get(), list]) },
    { player: players([get({}, { path: "/:id/profile" }), { ...list, method: "POST" }]) },
  ],
  "optional-parameter": [
    { player: players([get({}, { path: "/:id?" })], scoped(["player"])) },
    { player: players([get({}, { path: "/:number" }), list]) },
  ],
  params: [
    {
      player: players([
        get({
          params: { name: "@query.name", old: "@query.old", limit: 10, size: "@query.size", who: "@path.id" },
        }),
      ]),
    },
    {
      player: players([
        get({
          params: {
            name: "@body.name",
            fresh: "@query.fresh",
            limit: "@query.limit",
            size: "@query.size:number",
            who: "@path.id",
          },
        }),
      ]),
    },
  ],
  connector: [
    {
      player: players([get({ map: "({ response }) => response" }), list, { path: "/about", map: "() => 1" }]),
    },
    {
      player: players([
        get({
          action: "player.find",
          implicitParams: false,
          if: "() => true",
          params: { ids: "@query.ids[]" },
        }),
        { path: "/", publish: { event: "player.listed" } },
        { path: "/about", map: "() => 2" },
      ]),
    },
  ],
  "another-service": [
    { player: players([get()]), team: players([list]) },
    { player: players([]), team: players([get(), list]) },
  ],
  "became-public": [
    { player: players([get(), list], scoped(["player"])) },
    { player: players([get(), list], { call: [{ actions: ["player.list"], scope: ["player"] }] }) },
  ],
  "scopes-wider-and-narrower": [
    {
      player: players([get(), list], {
        call: [
          { actions: ["player.get"], scope: ["player"] },
          { actions: ["player.list"], scope: ["player", "admin"] },
        ],
      }),
    },
    {
      player: players([get(), list], {
        call: [
          { actions: ["player.get"], scope: ["player", "guest"] },
          { actions: ["player.list"], scope: ["admin"] },
        ],
      }),
    },
  ],
  "filter-changed": [
    { player: players([get()], { call: [{ actions: ["player.get"], filter: "() => true" }] }) },
    { player: players([get()], { call: [{ actions: ["player.get"], filter: "() => 1 < 2" }] }) },
  ],
  events: [
    {
      chat: chat(
        { subscribe: { events: ["chat.*", "player.left"] }, publish: { event: "chat.said" } },
        { subscribe: [{ events: ["**"], scope: ["chat"] }] },
      ),
    },
    {
      chat: chat(
        { subscribe: { events: ["chat.said", "news"] } },
        { subscribe: [{ events: ["chat.*"], scope: ["chat"] }] },
      ),
    },
  ],
  "owner-s-rules": [
    { player: players([]), team: players([list]) },
    {
      player: { ...players([], scoped(["player"])), policy: { ...scoped(["player"]), owner: true } },
      team: players([list]),
    },
  ],
  "nothing-differs": [
    { player: players([{ ...list, description: "All." }]) },
    { player: players([{ ...list, description: "All players." }]) },
  ],
};
