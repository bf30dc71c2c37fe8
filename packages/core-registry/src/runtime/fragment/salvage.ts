import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DescribedSchema } from "../../contracts/json.ts";
import { issueKeys, nodeAt, unknownMembers } from "./issues.ts";
import { jsonPath } from "./json-path.ts";

/** What is left of a faulty value: enough to look for further faults in it. */
export interface Salvaged<Value> {
  /** What the schema accepts. */
  readonly value: Value;
  /** Where a place in it stands in the whole: elements of lists were taken out, so the others moved up. */
  original(path: string): string;
}

const mostRounds = 6;

/**
 * Takes what is faulty out of a value, until the schema accepts the rest: whole elements of lists, else members, from the
 * inside out. So that every fault of a fragment is found in one pass (S1), a part with a fault in one route is still
 * looked through for faults in the others.
 *
 * @param base where the value stands in the fragment
 * @returns undefined where nothing is left that makes sense
 */
export async function salvage<Value>(
  schema: DescribedSchema<Value>,
  value: unknown,
  base: string,
): Promise<Salvaged<Value> | undefined> {
  const lists = new Map<string, { readonly kept: number[] }>();
  const rest: unknown = structuredClone(value);
  for (let round = 0; round < mostRounds; round++) {
    const result = await schema["~standard"].validate(rest);
    if (result.issues === undefined)
      return { value: result.value, original: (path) => originalPath(path, lists) };
    const places = new Map(
      result.issues.flatMap((issue) => cutsOf(issue, rest, round)).map((keys) => [jsonPath(keys), keys]),
    );
    for (const keys of [...places.values()].sort(lastFirst))
      if (!takeOut(rest, keys, base, lists)) return undefined;
  }
  return undefined;
}

// The outermost element of a list that holds the fault; else the member itself, one level further out each round.
function cutsOf(issue: StandardSchemaV1.Issue, root: unknown, round: number): readonly PropertyKey[][] {
  const keys = issueKeys(issue);
  const element = keys.findIndex((_, depth) => Array.isArray(nodeAt(root, keys.slice(0, depth))));
  if (element !== -1) return [keys.slice(0, element + 1)];
  const unknown = unknownMembers(issue);
  if (unknown.length > 0) return unknown.map((name) => [...keys, name]);
  return [keys.slice(0, Math.max(0, keys.length - round))];
}

// Of one list the later elements go first, so that the earlier ones keep their places.
function lastFirst(one: readonly PropertyKey[], other: readonly PropertyKey[]): number {
  return Number(other.at(-1)) - Number(one.at(-1)) || other.length - one.length;
}

function takeOut(
  root: unknown,
  keys: readonly PropertyKey[],
  base: string,
  lists: Map<string, { readonly kept: number[] }>,
): boolean {
  const key = keys.at(-1);
  const holder = nodeAt(root, keys.slice(0, -1));
  if (key === undefined || holder === null || typeof holder !== "object") return false;
  if (!Array.isArray(holder)) return Reflect.deleteProperty(holder, key);
  const place = jsonPath(keys.slice(0, -1), base);
  const known = lists.get(place) ?? { kept: [...holder.keys()] };
  lists.set(place, known);
  holder.splice(Number(key), 1);
  known.kept.splice(Number(key), 1);
  return true;
}

function originalPath(
  path: string,
  lists: ReadonlyMap<string, { readonly kept: readonly number[] }>,
): string {
  for (const [place, { kept }] of lists) {
    const element = path.startsWith(`${place}[`) ? /^\[(\d+)\]/.exec(path.slice(place.length)) : null;
    if (element === null) continue;
    const index = kept[Number(element[1])];
    if (index !== undefined) return `${place}[${index}]${path.slice(place.length + element[0].length)}`;
  }
  return path;
}
