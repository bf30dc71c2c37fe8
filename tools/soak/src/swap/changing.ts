import { tidegate } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import type { Context, ServiceSchema } from "moleculer";

/** The service whose fragment changes. Its actions stay; what they answer stands in the fragment. */
export function changingService(api: FragmentInput, revision: number): ServiceSchema {
  return {
    name: "changing",
    mixins: [tidegate({ api, revision })],
    actions: {
      get: {
        params: { change: "number" },
        handler: ({ params }: Context<{ readonly change: number }>) => params,
      },
      typed: {
        params: { change: "number" },
        handler: ({ params }: Context<{ readonly change: number }>) => ({
          [`at${params.change}`]: params.change,
        }),
      },
      guarded: { params: {}, handler: () => ({ guarded: true }) },
      kept: { params: {}, handler: () => ({ kept: true }) },
    },
  };
}
