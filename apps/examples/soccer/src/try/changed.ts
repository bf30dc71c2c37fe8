import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerRest } from "../player/rest.ts";

/** The player's fragment, changed: one route answers differently, one is new. */
const changed: FragmentInput = {
  ...playerFragment,
  protocol: {
    ...playerFragment.protocol,
    REST: {
      ...playerRest,
      routes: [
        ...(playerRest.routes ?? []).filter(({ path }) => path !== "/positions"),
        { method: "GET", path: "/positions", map: `() => ({ positions: ["G", "D", "M", "F"] })` },
        {
          method: "GET",
          path: "/:id/card",
          call: {
            action: "player.get",
            params: { id: "@path.id:number" },
            map: `({ response }) => ({ card: response.number + " " + response.name })`,
          },
        },
      ],
    },
  },
};

export default changed;
