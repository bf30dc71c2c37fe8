import { type Random, seededRandom } from "./random.ts";

/** A player. */
export interface Player {
  /** From 1. */
  readonly id: number;
  /** Made of syllables. */
  readonly name: string;
  /** Where they play. */
  readonly position: Position;
  /** The team's id. */
  readonly teamId: number;
  /** On the shirt, unique in the team. */
  readonly number: number;
}

/** A team. */
export interface Team {
  /** From 1. */
  readonly id: number;
  /** Its town with what it calls itself. */
  readonly name: string;
  /** When it was founded. */
  readonly founded: number;
}

/** A match that was played, or is on. */
export interface Match {
  /** From 1, in order of date. */
  readonly id: number;
  /** The day: `2026-03-07`. */
  readonly date: string;
  /** The home team's id. */
  readonly homeId: number;
  /** The other team's id. */
  readonly awayId: number;
  /** Goals of the home team, goals of the other. */
  readonly score: readonly [home: number, away: number];
  /** The minute that is played, from 0 to 90; absent where the match is not on. */
  readonly minute?: number;
}

/** Where a player plays. */
export type Position = (typeof positions)[number];

/** A season. */
export interface Season {
  /** All players, by id. */
  readonly players: readonly Player[];
  /** All teams, by id. */
  readonly teams: readonly Team[];
  /** All matches, by id. */
  readonly matches: readonly Match[];
}

/** Every position. */
export const positions = ["goalkeeper", "defender", "midfielder", "forward"] as const;

const squad: readonly Position[] = [
  ...Array<Position>(2).fill("goalkeeper"),
  ...Array<Position>(6).fill("defender"),
  ...Array<Position>(6).fill("midfielder"),
  ...Array<Position>(4).fill("forward"),
];
const syllables = [
  "ba",
  "da",
  "fen",
  "ga",
  "ka",
  "lo",
  "mi",
  "na",
  "or",
  "pe",
  "ra",
  "sol",
  "ta",
  "ul",
  "vi",
  "zo",
];
const towns = ["Am", "Bel", "Cor", "Dun", "Esk", "Fal", "Gren", "Hol", "Inver", "Jor", "Kil", "Lan"];
const kinds = ["Rovers", "Albion", "United", "Wanderers"];
const teamCount = 12;
const day = 86_400_000;

/**
 * A season of 12 teams, 216 players and 132 matches, always the same for the same seed.
 * @param seed any whole number but 0. Default 2026
 */
export function makeSeason(seed = 2026): Season {
  const random = seededRandom(seed);
  const teams = Array.from({ length: teamCount }, (_, index) => makeTeam(index, random));
  const players = teams.flatMap((team, index) =>
    squad.map((position, place) => ({
      id: index * squad.length + place + 1,
      name: `${makeName(random)} ${makeName(random)}`,
      position,
      teamId: team.id,
      number: place + 1,
    })),
  );
  return { players, teams, matches: makeMatches(random) };
}

function makeTeam(index: number, random: Random): Team {
  const town = `${towns[index]}${random.pick(syllables)}`;
  return { id: index + 1, name: `${town} ${random.pick(kinds)}`, founded: random.whole(1880, 1990) };
}

function makeName(random: Random): string {
  const text = Array.from({ length: random.whole(2, 3) }, () => random.pick(syllables)).join("");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Every team plays every other one twice: rounds by the circle method, one a week, the second half with the sides turned. */
function makeMatches(random: Random): Match[] {
  const rounds = teamCount - 1;
  const half = Array.from({ length: rounds }, (_, round) => pairsOf(round));
  const turned = half.map((pairs) => pairs.map(([home, away]) => [away, home] as const));
  return [...half, ...turned].flatMap((pairs, round) =>
    pairs.map(([homeId, awayId], place) => ({
      id: round * pairs.length + place + 1,
      date: new Date(Date.UTC(2026, 0, 3) + round * 7 * day).toISOString().slice(0, 10),
      homeId,
      awayId,
      score: [random.whole(0, 4), random.whole(0, 3)] as const,
    })),
  );
}

function pairsOf(round: number): (readonly [home: number, away: number])[] {
  const rounds = teamCount - 1;
  const seat = (place: number): number => (place === 0 ? teamCount : ((round + place) % rounds) + 1);
  return Array.from({ length: teamCount / 2 }, (_, place) => {
    const pair = [seat(place), seat(rounds - place)] as const;
    return round % 2 === 0 ? pair : ([pair[1], pair[0]] as const);
  });
}
