import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DescribedSchema } from "../../contracts/json.ts";
import { issueKeys, jsonPath, unknownMembers, valueAt } from "./issues.ts";
/** The valid rest of an invalid value, in which further problems can be found. */
export interface ValidRest<Value> {
  /** The value that the schema accepts. */
  readonly value: Value;
  /**
   * Maps a JSON path in the rest to the path in the original, because removed list elements change the
   * indexes.
   */
  originalPath(path: string): string;
}

const maxRounds = 6;

/** The original indexes of the elements that are left in each shortened list, by the list's JSON path. */
type KeptIndexes = Map<string, number[]>;

/**
 * Removes invalid places from a value until the schema accepts the rest. Removes complete elements of lists;
 * otherwise members, from the inside to the outside. A part with a problem in one route can so be compiled
 * further, and all problems of a fragment are found in one pass (S1).
 *
 * @param base the JSON path of the value in the fragment
 * @returns undefined where the schema accepts no rest
 */
export async function removeInvalid<Value>(
  schema: DescribedSchema<Value>,
  value: unknown,
  base: string,
): Promise<ValidRest<Value> | undefined> {
  const kept: KeptIndexes = new Map();
  const rest: unknown = structuredClone(value);
  for (let round = 0; round < maxRounds; round++) {
    const result = await schema["~standard"].validate(rest);
    if (result.issues === undefined)
      return { value: result.value, originalPath: (path) => pathInOriginal(path, kept) };
    const places = new Map(
      result.issues
        .flatMap((issue) => placesToRemove(issue, rest, round))
        .map((keys) => [jsonPath(keys), keys]),
    );
    for (const keys of [...places.values()].sort(lastElementFirst))
      if (!removePlace(rest, keys, base, kept)) return undefined;
  }
  return undefined;
}

// The outermost list element that contains the problem; otherwise the member itself, in each round one level
// further out.
function placesToRemove(
  issue: StandardSchemaV1.Issue,
  root: unknown,
  round: number,
): readonly PropertyKey[][] {
  const keys = issueKeys(issue);
  const element = keys.findIndex((_, depth) => Array.isArray(valueAt(root, keys.slice(0, depth))));
  if (element !== -1) return [keys.slice(0, element + 1)];
  const unknown = unknownMembers(issue);
  if (unknown.length > 0) return unknown.map((name) => [...keys, name]);
  return [keys.slice(0, Math.max(0, keys.length - round))];
}

// Later elements of a list are removed first, so that the indexes of the earlier ones stay valid.
function lastElementFirst(one: readonly PropertyKey[], other: readonly PropertyKey[]): number {
  return Number(other.at(-1)) - Number(one.at(-1)) || other.length - one.length;
}

function removePlace(root: unknown, keys: readonly PropertyKey[], base: string, kept: KeptIndexes): boolean {
  const key = keys.at(-1);
  const parent = valueAt(root, keys.slice(0, -1));
  if (key === undefined || parent === null || typeof parent !== "object") return false;
  if (!Array.isArray(parent)) return Reflect.deleteProperty(parent, key);
  const listPath = jsonPath(keys.slice(0, -1), base);
  const indexes = kept.get(listPath) ?? [...parent.keys()];
  kept.set(listPath, indexes);
  parent.splice(Number(key), 1);
  indexes.splice(Number(key), 1);
  return true;
}

function pathInOriginal(path: string, kept: ReadonlyMap<string, readonly number[]>): string {
  for (const [listPath, indexes] of kept) {
    const element = path.startsWith(`${listPath}[`) ? /^\[(\d+)\]/.exec(path.slice(listPath.length)) : null;
    if (element === null) continue;
    const index = indexes[Number(element[1])];
    if (index !== undefined) return `${listPath}[${index}]${path.slice(listPath.length + element[0].length)}`;
  }
  return path;
}
