import type { RestInput } from "@tidegate/protocol-rest";

/** The REST routes of the team service. */
export const teamRest: RestInput = {
  description: "Teams and their squads.",
  basePath: "/teams",
  routes: [
    {
      method: "GET",
      path: "/",
      description: "All teams.",
      call: { action: "team.list" },
    },
    {
      method: "GET",
      path: "/calls",
      description: "The number of calls of each action. It shows batching.",
      call: { action: "team.calls" },
    },
    {
      method: "GET",
      path: "/:id",
      description: "One team. If the action answers null, the map answers 404.",
      call: {
        action: "team.get",
        params: { id: "@path.id:number" },
        map: `({ response }) => ({
          $status: response ? 200 : 404,
          $body: response ?? { message: "There is no such team." },
        })`,
      },
    },
    {
      method: "GET",
      path: "/:id/players",
      description: "The squad of a team, from the player service.",
      call: {
        action: "player.list",
        params: { teamId: "@path.id:number", limit: 100 },
        map: "({ response }) => response.players",
      },
    },
    {
      method: "PUT",
      path: "/:id/name",
      description: "Renames a team. The body contains `name`.",
      call: { action: "team.rename", params: { id: "@path.id:number", name: "@body.name" } },
    },
  ],
};
