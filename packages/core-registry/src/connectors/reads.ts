import type { FunctionCheck } from "../contracts/sandbox.ts";

/** What a function of a connector sees. */
export interface InlineShape {
  /** The protocol's sources, without `context`. */
  readonly sources: readonly string[];
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** The names of its own values that stand at the top of its argument. */
  readonly own: readonly string[];
  /** True: sources, context and `params` stand below `request` (`call.map`). Default: at the top. */
  readonly request?: boolean;
}

/** What a text reads of its argument, by where it comes from. */
export interface Reads {
  /** Sources, without `context`. */
  readonly sources: readonly string[];
  /** Context values. */
  readonly contexts: readonly string[];
  /** Whether it reads `context` at all. */
  readonly context: boolean;
  /** The connector's own values at the top of the argument. */
  readonly own: readonly string[];
  /** Whether it reads `request.params`. */
  readonly params: boolean;
}

/** Sorts what a text reads (S2.6); all there is where that cannot be told. */
export function readsOf(reads: FunctionCheck["reads"], shape: InlineShape): Reads {
  const sources = new Set<string>();
  const contexts = new Set<string>();
  const own = new Set<string>();
  let context = false;
  let params = false;

  const takeContext = (names: readonly string[]): void => {
    context = true;
    for (const name of names) contexts.add(name);
  };
  const takeSource = (name: string | undefined, below: string | undefined): void => {
    if (name === undefined) {
      for (const each of shape.sources) sources.add(each);
      takeContext(shape.contexts);
      params = true;
    } else if (name === "context") takeContext(below === undefined ? shape.contexts : [below]);
    else if (name === "params") params = true;
    else if (shape.sources.includes(name)) sources.add(name);
  };

  for (const path of reads === "all" ? [[]] : reads) {
    const [first, second, third] = path;
    if (first === undefined) {
      for (const name of shape.own) own.add(name);
      takeSource(undefined, undefined);
    } else if (shape.own.includes(first)) own.add(first);
    else if (shape.request !== true) takeSource(first, second);
    else if (first === "request") takeSource(second, third);
  }
  return {
    sources: [...sources],
    contexts: shape.contexts.filter((name) => contexts.has(name)),
    context,
    own: [...own],
    params,
  };
}
