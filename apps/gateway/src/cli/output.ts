/** Whether standard output is a terminal that shows colours. */
export function hasColours(): boolean {
  return process.stdout.hasColors?.() ?? false;
}

/** Writes a line to standard output. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes a line to standard error. */
export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}
