import { testProtocol } from "@tidegate/plugin-testkit";
import { rest } from "../src/index.ts";

testProtocol({
  name: "S4 the protocol REST fulfils its contract (S17)",
  make: rest,
  parts: [
    {
      input: {
        basePath: "/players",
        routes: [
          { method: "GET", path: "/:id", call: { action: "player.get", params: { id: "@path.id" } } },
          { method: "GET", path: "/", call: { action: "player.list", params: { team: "@query.team" } } },
          { method: "POST", path: "/", call: { action: "player.create", params: { name: "@body.name" } } },
          { method: "DELETE", path: "/:id", action: "player.remove", params: { id: "@path.id" } },
        ],
      },
      documented: {
        description: "Players.",
        basePath: "/players",
        routes: [
          {
            method: "GET",
            path: "/:id",
            call: { action: "player.get", params: { id: "@path.id" } },
            description: "One player.",
            deprecated: true,
          },
          { method: "GET", path: "/", call: { action: "player.list", params: { team: "@query.team" } } },
          { method: "POST", path: "/", call: { action: "player.create", params: { name: "@body.name" } } },
          { method: "DELETE", path: "/:id", action: "player.remove", params: { id: "@path.id" } },
        ],
      },
      requests: [
        { url: "/players/7", status: 200, body: { id: "7" } },
        { url: "/players?team=blue", body: { team: "blue" } },
        { method: "POST", url: "/players", json: { name: "ann" }, body: { name: "ann" } },
        { method: "DELETE", url: "/players/7", status: 204 },
      ],
    },
    {
      input: {
        basePath: "/teams",
        routes: [
          {
            method: "POST",
            path: "/:id/moved",
            publish: { event: "team.moved", params: { id: "@path.id" } },
          },
          { method: "GET", path: "/files/**", ignoreError: true, call: { action: "player.list" } },
        ],
      },
      requests: [{ method: "POST", url: "/teams/3/moved", json: {} }, { url: "/teams/files/a/b" }],
    },
  ],
  invalidParts: [
    { routes: "none" },
    { routes: [{ method: "FETCH", path: "/", call: { action: "a.b" } }] },
    { routes: [{ method: "GET", path: "/" }] },
    { routes: [{ method: "GET", path: "/:", call: { action: "a.b" } }] },
    { routes: [{ method: "GET", path: "/", call: { action: "a.b", params: { id: "@unknown.id" } } }] },
    { routes: [{ method: "GET", path: "/", map: "(" }] },
  ],
  actions: {
    "player.get": ({ params }) => ({ id: params.id }),
    "player.list": ({ params }) => ({ team: params.team }),
    "player.create": ({ params }) => ({ name: params.name }),
    "player.remove": () => undefined,
  },
});
