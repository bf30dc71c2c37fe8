import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../../src/player/fragment.ts";

/** The player's fragment, which shows team 2 to those alone who may write teams. */
const guardedTeams: FragmentInput = {
  ...playerFragment,
  policy: {
    ...playerFragment.policy,
    call: [
      ...(playerFragment.policy?.call ?? []),
      {
        description: "Team 2 is not shown to everybody.",
        actions: ["team.get"],
        filter: `({ params, context }) => params.id !== 2 || (context.auth?.scope ?? "").includes("team.write")`,
      },
    ],
  },
};

export default guardedTeams;
