import { omitted, redactValue } from "../reporting/redact.ts";

/** How examples of calls and events are kept (S9.10). */
export interface ExamplesOptions {
  /** Seconds in which at most `queueLimit` examples are taken, one of each action and event. Default 5. */
  readonly processIntervalSeconds?: number;
  /** How many examples are taken within the interval, and wait at the most. 0: none are taken. Default 50. */
  readonly queueLimit?: number;
  /** The most examples that are kept of one action; the oldest goes. 0: none. Default 10. */
  readonly limitPerActions?: number;
  /** The most examples that are kept of one event; the oldest goes. 0: none. Default 10. */
  readonly limitPerEvents?: number;
  /** Stands for a stream, a file or bytes. Default `*STREAM*`. */
  readonly streamNotation?: string;
  /** Ends a text that was cut, and stands for what was left out of a list or an object. Default `*OMITTED*`. */
  readonly omittedNotation?: string;
  /** Texts longer than this are cut: characters. Default 100. */
  readonly omittedLimit?: number;
  /** Stands for what is secret. Default `*REDACTED*`. */
  readonly redactedNotation?: string;
  /**
   * Names of members whose values are secret, beside those that always are: password, secret, credential, key, token,
   * authorization, cookie. Default none.
   */
  readonly redactedParamNameRegExps?: readonly RegExp[];
}

/** The same with every default filled in. */
export type SettledExamples = Required<ExamplesOptions>;

/** Fills in the defaults. */
export function settleExamples(options: ExamplesOptions): SettledExamples {
  return {
    processIntervalSeconds: 5,
    queueLimit: 50,
    limitPerActions: 10,
    limitPerEvents: 10,
    streamNotation: "*STREAM*",
    omittedNotation: omitted,
    omittedLimit: 100,
    redactedNotation: redactValue,
    redactedParamNameRegExps: [],
    ...options,
  };
}
