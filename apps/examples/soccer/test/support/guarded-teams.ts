import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../../src/player/fragment.ts";

/** The player service's fragment, which shows team 2 only to clients with the scope team.write. */
const guardedTeams: FragmentInput = {
  ...playerFragment,
  policy: {
    ...playerFragment.policy,
    call: [
      ...(playerFragment.policy?.call ?? []),
      {
        description: "Only clients with the scope team.write see team 2.",
        actions: ["team.get"],
        filter: `({ params, context }) =>
          params.id !== 2 || (context.auth?.scope ?? "").includes("team.write")`,
      },
    ],
  },
};

export default guardedTeams;
