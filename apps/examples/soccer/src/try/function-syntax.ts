import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerRest } from "../player/rest.ts";

/** The player service's fragment with a syntax error in a function: `=> return`. */
const functionSyntax: FragmentInput = {
  ...playerFragment,
  protocol: {
    ...playerFragment.protocol,
    REST: {
      ...playerRest,
      routes: [
        ...(playerRest.routes ?? []),
        {
          method: "GET",
          path: "/:id/name",
          call: {
            action: "player.get",
            params: { id: "@path.id:number" },
            map: `({ response }) =>
  return response.name`,
          },
        },
      ],
    },
  },
};

export default functionSyntax;
