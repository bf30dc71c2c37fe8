/** Makes names that are unique in one document. */
export interface Names {
  /** `get /players/{id}` is `getPlayersById`; a second one of the same name gets a number. */
  unique(text: string): string;
}

/** A new document's names. */
export function documentNames(): Names {
  const taken = new Set<string>();
  return {
    unique: (text) => {
      const name = camelCase(text);
      let unique = name;
      for (let n = 2; taken.has(unique); n += 1) unique = `${name}${n}`;
      taken.add(unique);
      return unique;
    },
  };
}

/** Puts texts in the order of their code units: the same everywhere. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function camelCase(text: string): string {
  const words = text
    .replaceAll(/\{(\w+)\}/g, "by/$1")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  return words.map((word, index) => (index === 0 ? lower : upper)(word.charAt(0)) + word.slice(1)).join("");
}

function lower(letter: string): string {
  return letter.toLowerCase();
}

function upper(letter: string): string {
  return letter.toUpperCase();
}
