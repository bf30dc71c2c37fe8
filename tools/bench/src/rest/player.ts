import type { ServiceSchema } from "moleculer";

/** The answer of the action, and the right body of every contender. */
export const player = { id: 1, name: "Zosol Gata", position: "goalkeeper", teamId: 1 };

/** The service that every contender runs in its own process: one action, with a declared parameter. */
export const playerService: ServiceSchema = {
  name: "player",
  actions: {
    get: {
      params: { id: { type: "number", convert: true } },
      handler: () => player,
    },
  },
};
