import type { RestInput } from "@tidegate/protocol-rest";

/** The routes of the team service. */
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
      description: "How often each action of the service was called: batches can be seen here.",
      call: { action: "team.calls" },
    },
    {
      method: "GET",
      path: "/:id",
      description: "One team. The action answers null where there is none; the map makes a 404 of it.",
      call: {
        action: "team.get",
        params: { id: "@path.id:number" },
        map: `({ response }) => ({ $status: response ? 200 : 404, $body: response ?? { message: "no such team" } })`,
      },
    },
    {
      method: "GET",
      path: "/:id/players",
      description: "A team's squad, asked of the player service.",
      call: {
        action: "player.list",
        params: { teamId: "@path.id:number", limit: 100 },
        map: "({ response }) => response.players",
      },
    },
    {
      method: "PUT",
      path: "/:id/name",
      description: "Renames a team. The body holds `name`.",
      call: { action: "team.rename", params: { id: "@path.id:number", name: "@body.name" } },
    },
  ],
};
