import type { ServiceSchema } from "moleculer";

/** The response of the action, which every contender must send as its body. */
export const player = { id: 1, name: "Zosol Gata", position: "goalkeeper", teamId: 1 };

/** The Moleculer service that every contender runs in its process: one action with a declared parameter. */
export const playerService: ServiceSchema = {
  name: "player",
  actions: {
    get: {
      params: { id: { type: "number", convert: true } },
      handler: () => player,
    },
  },
};
