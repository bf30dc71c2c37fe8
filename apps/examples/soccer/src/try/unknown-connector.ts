import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerRest } from "../player/rest.ts";

/** The player's fragment with a misspelt connector: `cal`. */
const unknownConnector: FragmentInput = {
  ...playerFragment,
  protocol: {
    ...playerFragment.protocol,
    REST: {
      ...playerRest,
      routes: [
        ...(playerRest.routes ?? []),
        // Spread, or the compiler would find it first.
        { method: "GET", path: "/first", ...{ cal: { action: "player.list", params: { limit: 1 } } } },
      ],
    },
  },
};

export default unknownConnector;
