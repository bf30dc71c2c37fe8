/**
 * Divides a list into parts for one turn of the event loop each. A part ends at a number of items, or when
 * the sizes of its items reach a sum; an item that is larger is a part of its own.
 */
export function* inSteps<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  limits: { readonly count: number; readonly size: number },
): Iterable<readonly Item[]> {
  let step: Item[] = [];
  let size = 0;
  for (const item of items) {
    const added = sizeOf(item);
    if (step.length > 0 && (step.length >= limits.count || size + added > limits.size)) {
      yield step;
      [step, size] = [[], 0];
    }
    step.push(item);
    size += added;
  }
  if (step.length > 0) yield step;
}
