import type { ServedApi, Version } from "@tidegate/core-registry";

/** Something of a version that can be made beforehand, a little with each `next`. */
export type Preparable = (version: Version) => { prepare(): Iterator<void> };

/** How many steps are made at a time: about a millisecond, which is how long they hold up requests. */
const portion = 100;

/**
 * Makes what the requests of master's newest version will need, when it is mounted and not in their time; other branches'
 * is made when they are asked for. A change of one service is done in the next turn, a cold start in portions between requests.
 * Returns what ends it.
 */
export function prepareMaster(
  api: Pick<ServedApi, "find" | "onSwap">,
  preparables: readonly Preparable[],
): () => void {
  let steps: Iterator<void> | undefined;
  let scheduled: NodeJS.Immediate | undefined;

  const run = (): void => {
    scheduled = undefined;
    for (let count = 0; count < portion && steps !== undefined; count += 1)
      if (steps.next().done === true) steps = undefined;
    if (steps !== undefined) scheduled = setImmediate(run);
  };
  const begin = (): void => {
    const { version } = api.find("master", undefined);
    if (version === undefined) return;
    // What was not made of the version before, this one does not need, or has too.
    steps = stepsOf(version, preparables);
    scheduled ??= setImmediate(run);
  };

  const stopListening = api.onSwap((branch) => {
    if (branch === "master") begin();
  });
  begin();
  return () => {
    stopListening();
    if (scheduled !== undefined) clearImmediate(scheduled);
  };
}

function* stepsOf(version: Version, preparables: readonly Preparable[]): Generator<void> {
  for (const of of preparables) {
    const steps = of(version).prepare();
    while (steps.next().done !== true) yield;
  }
}
