import type { RestInput } from "@tidegate/protocol-rest";
import { pageRoutes } from "../page/routes.ts";

/** The routes of the match service. */
export const matchRest: RestInput = {
  description: "Matches, the table, what players say, and the page that shows it.",
  basePath: "/",
  routes: [
    ...pageRoutes,
    {
      method: "GET",
      path: "/matches",
      description: "Matches by date. `teamId`, `limit` and `offset` are declared by the action.",
      call: { action: "match.list" },
    },
    {
      method: "GET",
      path: "/matches/table",
      description: "The table of the season.",
      call: { action: "match.table" },
    },
    {
      method: "GET",
      path: "/matches/table.csv",
      description: "The same for a spreadsheet: headers and body made by a function.",
      call: {
        action: "match.table",
        map: `({ response }) => ({
          $headers: { "Content-Type": "text/csv; charset=utf-8" },
          $body: ["teamId,played,scored,conceded,points", ...response.map(Object.values)].join("\\n"),
        })`,
      },
    },
    {
      method: "GET",
      path: "/matches/today",
      description: "The matches of the last day, which the clock plays; with the minute while they are on.",
      call: { action: "match.today" },
    },
    {
      method: "GET",
      path: "/matches/ticker",
      description: "The latest messages of players, newest first.",
      call: { action: "match.ticker" },
    },
    {
      method: "GET",
      path: "/matches/:id",
      description: "One match.",
      call: { action: "match.get", params: { id: "@path.id:number" } },
    },
    {
      method: "POST",
      path: "/matches/clock",
      description:
        "Lets a minute pass at once, or as many `minutes` as the body says. Answers what happened.",
      call: { action: "match.clock" },
    },
    {
      method: "PUT",
      path: "/matches/:id/score",
      description: "Sets a score. The body holds `home` and `away`.",
      call: { action: "match.score", params: { id: "@path.id:number" } },
    },
  ],
};
