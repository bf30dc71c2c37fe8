import type { FragmentInput } from "@tidegate/core-registry";
import type { RestInput } from "@tidegate/protocol-rest";

/** The routes of the match service. */
export const matchRest: RestInput = {
  description: "Matches, the table, and what players say.",
  basePath: "/matches",
  routes: [
    {
      method: "GET",
      path: "/",
      description: "Matches by date. `teamId`, `limit` and `offset` are declared by the action.",
      call: { action: "match.list" },
    },
    {
      method: "GET",
      path: "/table",
      description: "The table of the season.",
      call: { action: "match.table" },
    },
    {
      method: "GET",
      path: "/table.csv",
      description: "The same for a spreadsheet: headers and body made by a function.",
      call: {
        action: "match.table",
        map: `({ response }) => ({
          $headers: { "Content-Type": "text/csv; charset=utf-8" },
          $body: ["teamId,played,points", ...response.map((row) => [row.teamId, row.played, row.points].join())].join("\\n"),
        })`,
      },
    },
    {
      method: "GET",
      path: "/ticker",
      description: "The latest messages of players, newest first.",
      call: { action: "match.ticker" },
    },
    {
      method: "GET",
      path: "/:id",
      description: "One match.",
      call: { action: "match.get", params: { id: "@path.id:number" } },
    },
    {
      method: "PUT",
      path: "/:id/score",
      description: "Sets a score. The body holds `home` and `away`.",
      call: { action: "match.score", params: { id: "@path.id:number" } },
    },
  ],
};

/** What the match service publishes. */
export const matchFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Scores are set by those who may write matches.",
        actions: ["match.score"],
        scope: ["match.write"],
      },
    ],
  },
  protocol: { REST: matchRest },
};
