/** Explains one code of a report, or of an error. The texts are Markdown without line breaks. */
export interface Explanation {
  /** What happened, and what follows from it. */
  readonly meaning: string;
  /** An input that causes it. */
  readonly example?: string;
  /** What to do. */
  readonly mend: string;
}

/** Explanations by code. */
export type Explanations = Readonly<Record<string, Explanation>>;
