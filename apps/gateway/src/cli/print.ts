/** Whether standard output is a terminal that takes colours. */
export function coloured(): boolean {
  return process.stdout.hasColors?.() ?? false;
}

/** Writes one line. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}
