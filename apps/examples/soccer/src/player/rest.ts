import type { RestInput } from "@tidegate/protocol-rest";

/** The REST routes of the player service. */
export const playerRest: RestInput = {
  description: "Players and their messages.",
  basePath: "/players",
  routes: [
    {
      method: "GET",
      path: "/",
      description: "Players by id. The action declares `limit`, `offset`, `position` and `teamId`.",
      call: { action: "player.list" },
    },
    {
      method: "GET",
      path: "/positions",
      description: "All positions. A function answers; no service is called.",
      map: `() => ({ positions: ["goalkeeper", "defender", "midfielder", "forward"] })`,
    },
    {
      method: "GET",
      path: "/me",
      description: "The player of the token.",
      call: {
        action: "player.me",
        params: { id: "@context.auth.identity.sub:number" },
        implicitParams: false,
      },
    },
    {
      method: "GET",
      path: "/calls",
      description: "The number of calls of each action. It shows batching.",
      call: { action: "player.calls" },
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
      description: "Adds a player. The body contains `name`, `position` and `teamId`.",
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
      description: "Publishes `text` as an event. The match service receives it for its ticker.",
      publish: {
        event: "player.message",
        params: { from: "@context.auth.identity.sub:number", text: "@body.text" },
      },
    },
  ],
};
