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
  how: nat(4),
  name: constantFrom(...texts),
  value: oneof(jsonValue({ maxDepth: 2 }), constantFrom<unknown>(...texts)),
});
const changes = array(change, { minLength: 1, maxLength: 3 });

/** Creates random variants of a part: values are replaced, removed, repeated, moved and renamed. */
export function randomParts(part: unknown): readonly unknown[] {
  return sample(changes, { seed, numRuns: partsPerExample }).map((steps) => {
    const copy: unknown = structuredClone(part);
    for (const step of steps) changePlace(copy, step);
    return copy;
  });
}

/** A member of an object, or an item of a list. */
interface Place {
  readonly holder: object;
  readonly key: string;
}

/** One random change of a part. */
interface Change {
  readonly at: number;
  readonly how: number;
  readonly name: string;
  readonly value: unknown;
}

function changePlace(root: unknown, { at, how, name, value }: Change): void {
  const places = placesOf(root);
  const place = places[at % Math.max(places.length, 1)];
  const other = places[(at + 1) % Math.max(places.length, 1)];
  if (place === undefined || other === undefined) return;
  const { holder, key } = place;
  if (how === 0) setMember(holder, key, value);
  else if (how === 1) setMember(holder, key, structuredClone(Reflect.get(other.holder, other.key)));
  else if (Array.isArray(holder))
    how === 2 ? holder.splice(Number(key), 1) : holder.push(holder[Number(key)]);
  else {
    if (how >= 3) setMember(holder, name, Reflect.get(holder, key));
    Reflect.deleteProperty(holder, key);
  }
}

/** Sets an own member, also one named `__proto__`. */
function setMember(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

function placesOf(value: unknown): readonly Place[] {
  if (!Array.isArray(value) && !isMembers(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [{ holder: value, key }, ...placesOf(child)]);
}
