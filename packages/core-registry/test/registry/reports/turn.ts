/** Lets everything that is settled by now run: promises, and what waits for them. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
