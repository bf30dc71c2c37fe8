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
      path: "/calls",
      description: "How often each action of the service was called: batches can be seen here.",
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
