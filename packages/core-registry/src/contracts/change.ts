/** One difference between two versions. */
export interface Change {
  /** What happened. */
  readonly kind: "added" | "removed" | "changed";
  /** The protocol's or policy's key. */
  readonly plugin: string;
  /** To what: `GET /players/:id`. */
  readonly label: string;
  /** Whether a client can be hurt. */
  readonly level: "safe" | "dangerous" | "breaking";
  /** What exactly, one sentence. */
  readonly detail?: string;
  /** Whose it is (after), or was. */
  readonly service?: string;
}
