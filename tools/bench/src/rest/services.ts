import type { Context, ServiceSchema } from "moleculer";

/** The response of the actions that read a player, which every contender must send as its body. */
export const player = { id: 1, name: "Zosol Gata", position: "goalkeeper", teamId: 1 };

/** A player as the work `post` sends it: 1 KB of JSON. */
export interface NewPlayer {
  readonly name: string;
  readonly position: string;
  readonly teamId: number;
  readonly biography: string;
  readonly matches: readonly {
    readonly opponent: string;
    readonly minutes: number;
    readonly goals: number;
    readonly injured: boolean;
  }[];
}

const matches = Array.from({ length: 10 }, (_, index) => ({
  opponent: `Team ${index}`,
  minutes: 90 - index,
  goals: index % 3,
  injured: false,
}));

/** The player that the work `post` sends. */
export const newPlayer: NewPlayer = {
  name: "Ilu Vand",
  position: "forward",
  teamId: 2,
  biography: "Played for two other teams. ".repeat(12),
  matches,
};

/** The response of the action that creates a player. */
export interface Created {
  readonly id: number;
  readonly name: string;
  readonly matches: number;
}

/** The response to `newPlayer`. */
export const created: Created = { id: 2, name: newPlayer.name, matches: newPlayer.matches.length };

const byId = { params: { id: { type: "number", convert: true } }, handler: () => player };

/** The Moleculer service that every contender runs in its own process. Its actions declare their params. */
export const localService: ServiceSchema = {
  name: "player",
  actions: {
    get: byId,
    getScoped: byId,
    create: {
      params: {
        name: { type: "string", min: 1, max: 100 },
        position: { type: "enum", values: ["goalkeeper", "defender", "midfielder", "forward"] },
        teamId: { type: "number", integer: true, positive: true },
        biography: { type: "string", max: 1000 },
        matches: {
          type: "array",
          max: 100,
          items: {
            type: "object",
            props: {
              opponent: "string",
              minutes: { type: "number", min: 0, max: 130 },
              goals: { type: "number", min: 0 },
              injured: "boolean",
            },
          },
        },
      },
      handler: ({ params }: Context<NewPlayer>): Created => ({
        id: 2,
        name: params.name,
        matches: params.matches.length,
      }),
    },
  },
};

/** The Moleculer service that every contender runs in a second process. */
export const remoteService: ServiceSchema = { name: "remote", actions: { get: byId } };
