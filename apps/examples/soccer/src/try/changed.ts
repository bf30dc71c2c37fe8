import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerRest } from "../player/rest.ts";

/** The player service's fragment with a changed route and a new one. */
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
