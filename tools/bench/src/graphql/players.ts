import type { ServiceSchema } from "moleculer";

/** A player with ten members, as the action returns it. */
export interface Player {
  readonly id: number;
  readonly name: string;
  readonly position: string;
  readonly teamId: number;
  readonly shirt: number;
  readonly born: number;
  readonly height: number;
  readonly foot: string;
  readonly goals: number;
  readonly fit: boolean;
}

const positions = ["goalkeeper", "defender", "midfielder", "forward"];

/** The hundred players that every contender serves. */
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

/** The Moleculer service that every contender runs in its process. */
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

/** The type of players. Other servers define `Query`, our fragment extends it. */
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

/** The fields of the type `Query`. */
export const queryFields = `{
    player(id: Int!): Player
    players: [Player!]!
  }
`;
