import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerRest } from "../player/rest.ts";

/** The player service's fragment with a misspelt connector: `cal`. */
const unknownConnector: FragmentInput = {
  ...playerFragment,
  protocol: {
    ...playerFragment.protocol,
    REST: {
      ...playerRest,
      routes: [
        ...(playerRest.routes ?? []),
        // The spread hides the mistake from the TypeScript compiler.
        { method: "GET", path: "/first", ...{ cal: { action: "player.list", params: { limit: 1 } } } },
      ],
    },
  },
};

export default unknownConnector;
