/** One check of a contract, as data. The author of a plugin passes the harness to the suite. */
export interface Check<Harness> {
  /** States what holds, such as `an unknown action is unavailable`. Unique in its suite. */
  readonly title: string;
  /** Returns why the check does not apply, such as a missing capability. Undefined: it applies. */
  readonly needs?: (harness: Harness) => string | undefined | Promise<string | undefined>;
  /** Fails by throwing, through the methods of the context. */
  readonly run: (harness: Harness, context: CheckContext) => void | Promise<void>;
}

/** States expectations. Every failure names the sentence of the contract, the expected and the seen value. */
export interface CheckContext {
  /** The limit of the check in milliseconds. */
  readonly timeout: number;
  /** Sets the sentence of the contract that the following expectations check. */
  clause(sentence: string): void;
  /**
   * Fails unless the condition is true.
   * @param expected describes in words what the contract promises
   */
  ok(condition: boolean, expected: string, seen: unknown): void;
  /** Fails unless both values have the same members, at any depth. Ignores undefined members. */
  equal(seen: unknown, expected: unknown, what: string): void;
  /** Fails unless the seen value has all expected members, at any depth. Lists are equal in length. */
  matches(seen: unknown, expected: unknown, what: string): void;
  /** Fails unless the promise rejects with an error that has the expected members. */
  rejects(promise: Promise<unknown>, expected: object, what: string): Promise<void>;
  /**
   * Awaits a promise. Where the time of the check ends meanwhile, the failure says what it waited for. A
   * rejection fails with the error as the seen value.
   */
  wait<Value>(promise: Promise<Value> | Value, what: string): Promise<Value>;
  /** Awaits that a condition becomes true. Asks again every 20 ms. */
  until(condition: () => boolean | Promise<boolean>, what: string): Promise<void>;
  /** Waits 50 ms in which a forbidden effect can show itself. */
  quiet(): Promise<void>;
  /** Registers a clean-up that runs when the check ends; the last one first. */
  onEnd(cleanUp: () => unknown): void;
  /** Ends the check as skipped. */
  skip(reason: string): never;
}

/** Options of a run of checks. */
export interface CheckOptions {
  /** The limit of each check in milliseconds. Default 5,000. */
  readonly timeout?: number;
}

/** The result of one check. */
export type CheckResult =
  | { readonly title: string; readonly state: "passed" }
  | { readonly title: string; readonly state: "failed"; readonly message: string }
  | { readonly title: string; readonly state: "skipped"; readonly reason: string };
