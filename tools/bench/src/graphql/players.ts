import type { ServiceSchema } from "moleculer";

/** One player, as the action answers it: ten members. */
export interface Player {
  /** From 1. */
  readonly id: number;
  /** Full name. */
  readonly name: string;
  /** Where on the field. */
  readonly position: string;
  /** Whose. */
  readonly teamId: number;
  /** On the shirt. */
  readonly shirt: number;
  /** Year. */
  readonly born: number;
  /** Metres. */
  readonly height: number;
  /** The better one. */
  readonly foot: string;
  /** This season's. */
  readonly goals: number;
  /** Whether they can play. */
  readonly fit: boolean;
}

const positions = ["goalkeeper", "defender", "midfielder", "forward"];

/** The hundred players of every contender. */
export const players: readonly Player[] = Array.from({ length: 100 }, (_, index) => ({
  id: index + 1,
  name: `Player ${index + 1}`,
  position: positions[index % 4] ?? "",
  teamId: (index % 8) + 1,
  shirt: (index % 23) + 1,
  born: 1990 + (index % 15),
  height: 1.65 + (index % 30) / 100,
  foot: index % 3 === 0 ? "left" : "right",
  goals: index % 12,
  fit: index % 10 !== 0,
}));

/** The service that every contender runs in its own process. */
export const playerService: ServiceSchema = {
  name: "player",
  actions: {
    get: {
      params: { id: { type: "number" } },
      handler: ({ params }) => players[params.id - 1],
    },
    list: () => players,
  },
};

/** The types; contenders define `Query`, ours extends it. */
export const playerType = `
  type Player {
    id: Int!
    name: String!
    position: String!
    teamId: Int!
    shirt: Int!
    born: Int!
    height: Float!
    foot: String!
    goals: Int!
    fit: Boolean!
  }
`;

/** The fields of `Query`. */
export const queryFields = `{
    player(id: Int!): Player
    players: [Player!]!
  }
`;
