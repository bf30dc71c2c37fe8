import type { RestInput } from "@tidegate/protocol-rest";
import { pageRoutes } from "../page/page.ts";

/** The REST routes of the match service. */
export const matchRest: RestInput = {
  description: "Matches, the table, messages of players, and the page.",
  basePath: "/",
  routes: [
    ...pageRoutes,
    {
      method: "GET",
      path: "/matches",
      description: "Matches by date. The action declares `teamId`, `limit` and `offset`.",
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
      description: "The table as CSV. A function sets headers and body.",
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
      description: "The matches of the last day, which are played live, with the current minute.",
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
      description: "Plays a minute at once, or the number of `minutes` in the body. Answers the events.",
      call: { action: "match.clock" },
    },
    {
      method: "PUT",
      path: "/matches/:id/score",
      description: "Sets a score. The body contains `home` and `away`.",
      call: { action: "match.score", params: { id: "@path.id:number" } },
    },
  ],
};
