/*
 * Patch: event names are matched in linear time (`Utils.match` of Moleculer 0.15).
 *
 * Moleculer turns the event pattern of a listener into a regular expression without escaping it.
 *
 * Without the patch, a pattern of another node with many stars blocks the gateway for minutes with each
 * event, and a pattern with a bracket throws with each event.
 *
 * Can be removed when Moleculer matches patterns without backtracking and escapes them.
 */
import { Utils } from "moleculer";

/** Longer patterns and names match nothing. */
const maxLength = 1_024;

/**
 * Makes all brokers of this copy of Moleculer match event names by `matchEvent`. Moleculer has no option for
 * it.
 */
export function matchInLinearTime(): void {
  Object.assign(Utils, { match: matchEvent });
}

/**
 * Matches like Moleculer's `Utils.match`: `?` stands for one character, `*` for any characters within a
 * segment, `**` for any characters. Takes time proportional to the lengths of pattern and name.
 */
export function matchEvent(name: unknown, pattern: unknown): boolean {
  if (typeof name !== "string" || typeof pattern !== "string") return false;
  if (!/[*?]/.test(pattern)) return name === pattern;
  if (name.length > maxLength || pattern.length > maxLength) return false;
  return matchTrailingWildcard(name, pattern) ?? matchTokens(name, tokenize(pattern));
}

/**
 * Matches a pattern with a single wildcard at its end, for which Moleculer has rules of its own; undefined
 * for other patterns.
 */
function matchTrailingWildcard(name: string, pattern: string): boolean | undefined {
  if (pattern.includes("?")) return undefined;
  const star = pattern.indexOf("*");
  if (star === pattern.length - 2 && pattern.endsWith("**")) return name.startsWith(pattern.slice(0, -2));
  if (star !== pattern.length - 1) return undefined;
  if (star === 0) return !name.includes(".");
  return name.startsWith(pattern.slice(0, -1)) && !name.includes(".", pattern.length);
}

function tokenize(pattern: string): string[] {
  return pattern.match(/\*\*|[\s\S]/g) ?? [];
}

/** Simulates a state machine: after each character, `states` marks the tokens that can come next. */
function matchTokens(name: string, tokens: readonly string[]): boolean {
  let states = new Uint8Array(tokens.length + 1);
  states[0] = 1;
  skipWildcards(states, tokens);
  for (const character of name) {
    const next = new Uint8Array(tokens.length + 1);
    for (const [at, token] of tokens.entries()) {
      if (states[at] === 0) continue;
      if (token === "**" || (token === "*" && character !== ".")) next[at] = 1;
      else if (token === "?" || token === "." || (token !== "*" && token === character)) next[at + 1] = 1;
    }
    skipWildcards(next, tokens);
    states = next;
  }
  return states[tokens.length] === 1;
}

/** A wildcard can stand for no character, so the token behind it can come next too. */
function skipWildcards(states: Uint8Array, tokens: readonly string[]): void {
  for (const [at, token] of tokens.entries())
    if (states[at] === 1 && (token === "*" || token === "**")) states[at + 1] = 1;
}
