/** Whether standard output is a terminal that shows colours. */
export function hasColours(): boolean {
  return process.stdout.hasColors?.() ?? false;
}

/** Writes a line to standard output. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
