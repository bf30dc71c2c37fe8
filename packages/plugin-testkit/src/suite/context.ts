import type { CheckContext } from "./check.ts";
import { formatSeen, formatValue, hasMembers, hasSameMembers } from "./compare.ts";

/** A failure of a check: its message names the sentence, the expected and the seen value. */
export class ContractBroken extends Error {
  override readonly name = "ContractBroken";
}

/** Ends a check as skipped. */
export class CheckSkipped extends Error {
  override readonly name = "CheckSkipped";
}

/** The context of one check, with what its runner needs. */
export interface RunningCheck extends CheckContext {
  /** Creates the failure of the current sentence. */
  failure(expected: string, seen: unknown): ContractBroken;
  /** What the check waits for. */
  readonly awaited: string;
  /** The clean-ups in the order of their registration. */
  readonly cleanUps: readonly (() => unknown)[];
}

/** Creates the context of a check. The title stands in messages where the check has set no sentence. */
export function createContext(title: string, timeout: number): RunningCheck {
  const cleanUps: (() => unknown)[] = [];
  let sentence = title;
  let awaited = "the end of the check";
  const failure = (expected: string, seen: unknown): ContractBroken =>
    new ContractBroken(`Contract: ${endSentence(sentence)} Expected: ${expected}. Seen: ${formatSeen(seen)}`);
  const ok = (condition: boolean, expected: string, seen: unknown): void => {
    if (!condition) throw failure(expected, seen);
  };

  const wait: CheckContext["wait"] = async (promise, what) => {
    awaited = what;
    try {
      return await promise;
    } catch (error) {
      throw error instanceof ContractBroken || error instanceof CheckSkipped ? error : failure(what, error);
    }
  };

  return {
    timeout,
    cleanUps,
    wait,
    until: (condition, what) => wait(poll(condition, Date.now() + timeout), what),
    quiet: () => pause(quietMs),
    failure,
    ok,
    get awaited() {
      return awaited;
    },
    clause: (text) => {
      sentence = text;
    },
    equal: (seen, expected, what) =>
      ok(hasSameMembers(seen, expected), `${what} is ${formatValue(expected)}`, seen),
    matches: (seen, expected, what) =>
      ok(hasMembers(seen, expected), `${what} has ${formatValue(expected)}`, seen),
    rejects: async (promise, expected, what) => {
      awaited = `${what} rejects with ${formatValue(expected)}`;
      const seen = await promise.then(
        (value) => `it resolved with ${formatValue(value)}`,
        (error: unknown) => (hasMembers(error, expected) ? undefined : error),
      );
      if (seen !== undefined) throw failure(awaited, seen);
    },
    onEnd: (cleanUp) => void cleanUps.push(cleanUp),
    skip: (reason) => {
      throw new CheckSkipped(reason);
    },
  };
}

/** The time in which a forbidden effect can show itself. */
const quietMs = 50;

/** The time between two questions of `until`. */
const pollMs = 20;

async function poll(condition: () => boolean | Promise<boolean>, end: number): Promise<void> {
  while (!(await condition()) && Date.now() < end) await pause(pollMs);
  if (Date.now() >= end) await new Promise(() => undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
