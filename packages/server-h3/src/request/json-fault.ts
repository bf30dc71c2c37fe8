const space = /[\t\n\r ]*/y;
// No part of the string can match the same text in two ways: linear, whatever comes.
const scalar =
  /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[ !#-[\]-\uffff]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

type State = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end";

/** Where a text stops being JSON: the offset of the first token that cannot stand there. V8 does not always say. */
export function jsonFaultAt(text: string): number {
  const open: ("{" | "[")[] = [];
  let state: State = "value";
  let at = skip(text, 0);
  while (at < text.length) {
    const next = step(text, at, state, open);
    if (next === undefined) return at;
    state = next.state;
    at = skip(text, next.at);
  }
  return text.length;
}

function step(
  text: string,
  at: number,
  state: State,
  open: ("{" | "[")[],
): { readonly at: number; readonly state: State } | undefined {
  const character = text[at];
  if (state === ":") return character === ":" ? { at: at + 1, state: "value" } : undefined;
  if (state === ", or end") return afterValue(character, at, open);
  if ((state === "value or ]" && character === "]") || (state === "key or }" && character === "}")) {
    open.pop();
    return { at: at + 1, state: ", or end" };
  }
  if (state === "key" || state === "key or }") {
    const end = character === '"' ? endOfScalar(text, at) : undefined;
    return end === undefined ? undefined : { at: end, state: ":" };
  }
  if (character === "{" || character === "[") {
    open.push(character);
    return { at: at + 1, state: character === "{" ? "key or }" : "value or ]" };
  }
  const end = endOfScalar(text, at);
  return end === undefined ? undefined : { at: end, state: ", or end" };
}

function afterValue(
  character: string | undefined,
  at: number,
  open: ("{" | "[")[],
): { readonly at: number; readonly state: State } | undefined {
  const inside = open.at(-1);
  if (character === "," && inside !== undefined)
    return { at: at + 1, state: inside === "{" ? "key" : "value" };
  if ((character === "}" && inside === "{") || (character === "]" && inside === "[")) {
    open.pop();
    return { at: at + 1, state: ", or end" };
  }
  return undefined;
}

function endOfScalar(text: string, at: number): number | undefined {
  scalar.lastIndex = at;
  return scalar.test(text) ? scalar.lastIndex : undefined;
}

function skip(text: string, at: number): number {
  space.lastIndex = at;
  space.test(text);
  return space.lastIndex;
}
