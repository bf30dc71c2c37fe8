import type { Exchange } from "./exchange.ts";
import type { Fragments, Source } from "./fragments.ts";
import { isTagOf } from "./tag.ts";

/** What fetching needs. */
export interface SharedSourcesOptions {
  /** The other gateways. */
  readonly exchange: Exchange;
  /** Every fragment that is known. */
  readonly fragments: Fragments;
}

/** What other gateways keep of these hashes, or of their first digits, checked: what was not asked for is left out. */
export async function sharedSources(
  hashes: readonly string[],
  { exchange, fragments }: SharedSourcesOptions,
): Promise<readonly Source[]> {
  const wanted = new Set(hashes);
  const found: Source[] = [];
  for (const { raw, service } of await exchange.fragments(hashes)) {
    if (wanted.size === 0) break;
    const source = fragments.source(await fragments.compile(raw, service));
    const asked = wanted.has(source.hash)
      ? source.hash
      : [...wanted].find((one) => isTagOf(one, source.hash));
    if (asked === undefined) continue;
    wanted.delete(asked);
    found.push(source);
  }
  return found;
}
