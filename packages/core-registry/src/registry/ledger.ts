/**
 * The only history that a branch has (S9.4): plain data, an argument of `compile`, and gateways hand it to each other.
 * Everything that it does not say follows from the directory.
 */
export interface Ledger {
  /** The hash of the fragment that was accepted last, by service. */
  readonly accepted: { readonly [service: string]: string };
  /** Who holds a contested claim, by the claim (`REST GET /players/:`). */
  readonly holders: { readonly [claim: string]: string };
  /** Services that are held at one fragment, whatever else is published. */
  readonly pins: { readonly [service: string]: string };
}

/** A ledger of nothing. */
export const emptyLedger: Ledger = { accepted: {}, holders: {}, pins: {} };
