import { array, constantFrom, jsonValue, nat, oneof, record, sample } from "fast-check";
import { isMembers } from "../suite/values.ts";

/** The seed of all random parts: a failure happens again. */
const seed = 20_261_127;
/** The number of random parts of each example. */
const partsPerExample = 80;

const texts = [
  "",
  " ",
  "/",
  "/:id",
  "/:id?/*rest",
  "__proto__",
  "constructor",
  "(",
  "a.b.c",
  "@params.id",
  "é\u0000",
];

const change = record({
  at: nat(),
  how: nat(3),
  value: oneof(jsonValue({ maxDepth: 2 }), constantFrom<unknown>(...texts)),
});
const changes = array(change, { minLength: 1, maxLength: 3 });

/** Creates random variants of a part: values are replaced, removed, repeated and moved. */
export function randomParts(part: unknown): readonly unknown[] {
  return sample(changes, { seed, numRuns: partsPerExample }).map((steps) => {
    const copy: unknown = structuredClone(part);
    for (const { at, how, value } of steps) changePlace(copy, at, how, value);
    return copy;
  });
}

/** A member of an object, or an item of a list. */
interface Place {
  readonly holder: object;
  readonly key: string;
}

function changePlace(root: unknown, at: number, how: number, value: unknown): void {
  const places = placesOf(root);
  const place = places[at % Math.max(places.length, 1)];
  if (place === undefined) return;
  const { holder, key } = place;
  const other = places[(at + 1) % places.length];
  if (how === 0) Reflect.set(holder, key, value);
  else if (how === 1)
    Array.isArray(holder) ? holder.splice(Number(key), 1) : Reflect.deleteProperty(holder, key);
  else if (how === 2)
    Array.isArray(holder) ? holder.push(Reflect.get(holder, key)) : Reflect.set(holder, "more", value);
  else if (other !== undefined)
    Reflect.set(holder, key, structuredClone(Reflect.get(other.holder, other.key)));
}

function placesOf(value: unknown): readonly Place[] {
  if (!Array.isArray(value) && !isMembers(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [{ holder: value, key }, ...placesOf(child)]);
}
