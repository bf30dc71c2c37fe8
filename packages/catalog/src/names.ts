/** Creates names that are unique within one document. */
export class UniqueNames {
  readonly #used: Set<string>;

  /** @param used names that the document has already */
  constructor(used: Iterable<string> = []) {
    this.#used = new Set(used);
  }

  /** `get /players/{id}` becomes `getPlayersById`; where that name is used, a number follows. */
  create(text: string): string {
    const name = camelCase(text);
    let unique = name;
    for (let n = 2; this.#used.has(unique); n += 1) unique = `${name}${n}`;
    this.#used.add(unique);
    return unique;
  }
}

/** Compares texts by their code units, so the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function camelCase(text: string): string {
  const words = text
    .replaceAll(/\{(\w+)\}/g, "by/$1")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  return words.map((word, index) => firstLetter(word, index === 0) + word.slice(1)).join("");
}

function firstLetter(word: string, lower: boolean): string {
  const letter = word.charAt(0);
  return lower ? letter.toLowerCase() : letter.toUpperCase();
}
