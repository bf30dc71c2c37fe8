/**
 * The only history that a branch has (S9.4): plain data, an argument of `compile`, and gateways hand it to each other.
 * Everything that it does not say follows from the directory.
 */
export interface Ledger {
  /**
   * The hash of the fragment that was accepted last, by service; null: none, though master has one. A branch other than
   * master says only what differs from master.
   */
  readonly accepted: ReadonlyMap<string, string | null>;
  /** Who holds a contested claim, by the claim (`REST GET /players/:`). */
  readonly owners: ReadonlyMap<string, string>;
  /** Services that are held at one fragment, whatever else is published: its hash. */
  readonly pins: ReadonlyMap<string, string>;
  /** The id of the version that the branch is held at. */
  readonly version?: string;
}

/** A ledger of nothing. */
export const emptyLedger: Ledger = { accepted: new Map(), owners: new Map(), pins: new Map() };
