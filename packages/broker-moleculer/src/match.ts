import { Utils } from "moleculer";

/** Longer patterns and names match nothing. */
const longest = 1_024;

/**
 * Moleculer's `Utils.match` without its regular expressions: the same wildcards (`?` one character, `*` any within
 * a segment, `**` any at all), in time pattern × name. Its own takes minutes for a listener with many stars, and throws
 * for one with a bracket, whenever anybody emits.
 */
export function matchEvent(name: unknown, pattern: unknown): boolean {
  if (typeof name !== "string" || typeof pattern !== "string") return false;
  if (!/[*?]/.test(pattern)) return name === pattern;
  if (name.length > longest || pattern.length > longest) return false;
  return shortcut(name, pattern) ?? walk(name, tokensOf(pattern));
}

/** Makes every broker of this copy of Moleculer match by `matchEvent`. Moleculer has no hook for it. */
export function matchInLinearTime(): void {
  Object.assign(Utils, { match: matchEvent });
}

/** Moleculer's own ways for a single wildcard at the end, with what they make of the first dot after a prefix. */
function shortcut(name: string, pattern: string): boolean | undefined {
  if (pattern.includes("?")) return undefined;
  const star = pattern.indexOf("*");
  if (star === pattern.length - 2 && pattern.endsWith("**")) return name.startsWith(pattern.slice(0, -2));
  if (star !== pattern.length - 1) return undefined;
  if (star === 0) return !name.includes(".");
  return name.startsWith(pattern.slice(0, -1)) && !name.includes(".", pattern.length);
}

function tokensOf(pattern: string): string[] {
  return pattern.match(/\*\*|[\s\S]/g) ?? [];
}

/** Runs all ways through the pattern at once: which tokens could come next, after each character. */
function walk(name: string, tokens: readonly string[]): boolean {
  let open = new Uint8Array(tokens.length + 1);
  open[0] = 1;
  skipWildcards(open, tokens);
  for (const character of name) {
    const next = new Uint8Array(tokens.length + 1);
    for (const [at, token] of tokens.entries()) {
      if (open[at] === 0) continue;
      if (token === "**" || (token === "*" && character !== ".")) next[at] = 1;
      else if (token === "?" || token === "." || (token !== "*" && token === character)) next[at + 1] = 1;
    }
    skipWildcards(next, tokens);
    open = next;
  }
  return open[tokens.length] === 1;
}

function skipWildcards(open: Uint8Array, tokens: readonly string[]): void {
  for (const [at, token] of tokens.entries())
    if (open[at] === 1 && (token === "*" || token === "**")) open[at + 1] = 1;
}
