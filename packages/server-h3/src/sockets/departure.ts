/** When a client leaves. */
export interface Departure {
  /** It has left. */
  leave(): void;
  /** Calls back once; at once where it has left. For one listener. */
  onLeave(gone: () => void): void;
}

/** Of a client that has two ends to leave by: its connection before the upgrade, its socket after it. */
export function createDeparture(): Departure {
  let hasLeft = false;
  let told: (() => void) | undefined;
  return {
    leave: () => {
      hasLeft = true;
      told?.();
    },
    onLeave: (gone) => {
      told = gone;
      if (hasLeft) gone();
    },
  };
}
