import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";

/** A fragment of the player service with a route that the team service owns: `GET /teams/:id`. */
const takenRoute: FragmentInput = {
  ...playerFragment,
  protocol: {
    REST: {
      basePath: "/teams",
      routes: [{ method: "GET", path: "/:key", call: { action: "player.list", params: { limit: 5 } } }],
    },
  },
};

export default takenRoute;
