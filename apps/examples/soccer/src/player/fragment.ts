import type { FragmentInput } from "@tidegate/core-registry";
import type { RestInput } from "@tidegate/protocol-rest";

/** The routes of the player service. */
export const playerRest: RestInput = {
  description: "Players, and what they have to say.",
  basePath: "/players",
  routes: [
    {
      method: "GET",
      path: "/",
      description: "Players by id. `limit`, `offset`, `position` and `teamId` are declared by the action.",
      call: { action: "player.list" },
    },
    {
      method: "GET",
      path: "/positions",
      description: "Where players play. Needs no service at all.",
      map: `() => ({ positions: ["goalkeeper", "defender", "midfielder", "forward"] })`,
    },
    {
      method: "GET",
      path: "/me",
      description: "The player whose token it is.",
      call: {
        action: "player.me",
        params: { id: "@context.auth.identity.sub:number" },
        implicitParams: false,
      },
    },
    {
      method: "GET",
      path: "/:id",
      description: "One player.",
      call: { action: "player.get", params: { id: "@path.id:number" } },
    },
    {
      method: "POST",
      path: "/",
      description: "Adds a player. The body holds `name`, `position` and `teamId`.",
      call: {
        action: "player.create",
        map: `({ response }) => ({
          $status: 201,
          $headers: { Location: "/players/" + response.id },
          $body: response,
        })`,
      },
    },
    {
      method: "PATCH",
      path: "/:id",
      description: "Changes a player's `name` or `position`.",
      call: { action: "player.update", params: { id: "@path.id:number" } },
    },
    {
      method: "DELETE",
      path: "/:id",
      description: "Removes a player. Answers 204.",
      call: { action: "player.remove", params: { id: "@path.id:number" } },
    },
    {
      method: "POST",
      path: "/message",
      description: "Sends `text` to whoever listens; the match service keeps it for its ticker.",
      publish: {
        event: "player.message",
        params: { from: "@context.auth.identity.sub:number", text: "@body.text" },
      },
    },
  ],
};

/** What the player service publishes. */
export const playerFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Only a player has a page of their own.",
        actions: ["player.me"],
        scope: ["player.self"],
      },
      {
        description: "Players are added and removed by those who may write players.",
        actions: ["player.create", "player.remove"],
        scope: ["player.write"],
      },
      {
        description: "Players change their own record; who may write players changes any.",
        actions: ["player.update"],
        scope: ["player.self", "player.write"],
        filter: `({ params, context }) => {
          const { identity, scope } = context.auth;
          return scope.split(" ").includes("player.write") || identity.sub === String(params.id);
        }`,
      },
    ],
    publish: [
      {
        description: "Messages are for players, and have 1 to 200 characters.",
        events: ["player.message"],
        scope: ["player.self"],
        filter: `({ params }) => {
          const { text } = params;
          return typeof text === "string" && text.trim() !== "" && text.length <= 200;
        }`,
      },
    ],
  },
  protocol: { REST: playerRest },
};
