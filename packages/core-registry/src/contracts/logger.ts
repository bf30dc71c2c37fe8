/** Where a room writes what a person should read. consola fits; so does `console`. */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(message: string, ...details: unknown[]): void;
  /** What happened, as it should. */
  info(message: string, ...details: unknown[]): void;
  /** What somebody should look at. */
  warn(message: string, ...details: unknown[]): void;
  /** What failed. */
  error(message: string, ...details: unknown[]): void;
}

/** A logger that says nothing: for tests, and for who wants silence. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
