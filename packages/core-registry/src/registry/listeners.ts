import type { Logger } from "../contracts/logger.ts";

/** Who wants to hear of something. */
export interface Listeners<Event> {
  /** Adds one; returns what takes it out. */
  add(listener: (event: Event) => void): () => void;
  /** Tells all of them. One that throws hurts nobody. */
  tell(event: Event): void;
}

/** Nobody yet. */
export function createListeners<Event>(logger: Logger): Listeners<Event> {
  const listeners = new Set<(event: Event) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          logger.error("A listener failed.", error);
        }
      }
    },
  };
}
