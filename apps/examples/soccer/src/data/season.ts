/** A player, who belongs to one team. */
export interface Player {
  readonly id: number;
  readonly name: string;
  readonly position: Position;
  readonly teamId: number;
  /** The shirt number, unique in the team. */
  readonly number: number;
}

/** One of the twelve teams of the league. */
export interface Team {
  readonly id: number;
  readonly name: string;
  /** The year in which the team was founded. */
  readonly founded: number;
}

/** A match that has been played or is being played. */
export interface Match {
  readonly id: number;
  /** The day in ISO 8601: `2026-03-07`. */
  readonly date: string;
  readonly homeId: number;
  readonly awayId: number;
  readonly score: readonly [home: number, away: number];
  /** The current minute, from 0 to 90. Absent if the match is not being played. */
  readonly minute?: number;
}

/** Where a player plays on the field. */
export type Position = (typeof positions)[number];

/** All players, teams and matches of a season, ordered by id. */
export interface Season {
  readonly players: readonly Player[];
  readonly teams: readonly Team[];
  /** In the order of their dates. */
  readonly matches: readonly Match[];
}

/** A generator of repeatable pseudo-random numbers. */
export interface Random {
  /** Returns an integer from `from` to `to`, both included. */
  integer(from: number, to: number): number;
  /** Returns one of the items. Throws if there is none. */
  pick<Item>(items: readonly Item[]): Item;
}

/** All positions, from the back of the field to the front. */
export const positions = ["goalkeeper", "defender", "midfielder", "forward"] as const;

const squad: readonly Position[] = [
  ...Array<Position>(2).fill("goalkeeper"),
  ...Array<Position>(6).fill("defender"),
  ...Array<Position>(6).fill("midfielder"),
  ...Array<Position>(4).fill("forward"),
];
const syllables = "ba da fen ga ka lo mi na or pe ra sol ta ul vi zo".split(" ");
const towns = ["Am", "Bel", "Cor", "Dun", "Esk", "Fal", "Gren", "Hol", "Inver", "Jor", "Kil", "Lan"];
const clubNames = ["Rovers", "Albion", "United", "Wanderers"];
const teamCount = 12;
const roundCount = teamCount - 1;
const dayMs = 86_400_000;

/**
 * Generates a season of 12 teams, 216 players and 132 matches. The same seed always generates the same
 * season.
 * @param seed any integer except 0. Default 2026
 */
export function makeSeason(seed = 2026): Season {
  const random = seededRandom(seed);
  const teams = Array.from({ length: teamCount }, (_, index) => makeTeam(index, random));
  const players = teams.flatMap((team, teamIndex) =>
    squad.map((position, index) => ({
      id: teamIndex * squad.length + index + 1,
      name: `${makeName(random)} ${makeName(random)}`,
      position,
      teamId: team.id,
      number: index + 1,
    })),
  );
  return { players, teams, matches: makeMatches(random) };
}

/**
 * A small generator of pseudo-random numbers (Marsaglia's xorshift32). Generates the same numbers on every
 * machine.
 * @param seed any integer except 0
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    integer,
    pick: (items) => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new RangeError("Cannot pick from an empty list.");
      return item;
    },
  };
}

function makeTeam(index: number, random: Random): Team {
  const town = `${towns[index]}${random.pick(syllables)}`;
  return { id: index + 1, name: `${town} ${random.pick(clubNames)}`, founded: random.integer(1880, 1990) };
}

function makeName(random: Random): string {
  const text = Array.from({ length: random.integer(2, 3) }, () => random.pick(syllables)).join("");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Every team plays every other team twice, one round per week. The second half swaps home and away. */
function makeMatches(random: Random): Match[] {
  const firstHalf = Array.from({ length: roundCount }, (_, round) => pairsOf(round));
  const secondHalf = firstHalf.map((pairs) => pairs.map(([home, away]) => [away, home] as const));
  return [...firstHalf, ...secondHalf].flatMap((pairs, round) =>
    pairs.map(([homeId, awayId], index) => ({
      id: round * pairs.length + index + 1,
      date: new Date(Date.UTC(2026, 0, 3) + round * 7 * dayMs).toISOString().slice(0, 10),
      homeId,
      awayId,
      score: [random.integer(0, 4), random.integer(0, 3)] as const,
    })),
  );
}

/** The pairs of a round by the circle method: one team stays, the others rotate. */
function pairsOf(round: number): (readonly [home: number, away: number])[] {
  const teamAt = (place: number): number => (place === 0 ? teamCount : ((round + place) % roundCount) + 1);
  return Array.from({ length: teamCount / 2 }, (_, place) => {
    const pair = [teamAt(place), teamAt(roundCount - place)] as const;
    return round % 2 === 0 ? pair : ([pair[1], pair[0]] as const);
  });
}
