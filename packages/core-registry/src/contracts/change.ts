/** Whether a client can be hurt: no; perhaps (also: somebody more may call it); yes. */
export type ChangeLevel = "safe" | "dangerous" | "breaking";

/** One difference between two versions. */
export interface Change {
  /** What happened. */
  readonly kind: "added" | "removed" | "changed";
  /** The protocol's or policy's key. */
  readonly plugin: string;
  /** To what: `GET /players/:id`. */
  readonly label: string;
  /** Whether a client can be hurt. */
  readonly level: ChangeLevel;
  /** What exactly, one sentence. */
  readonly detail?: string;
  /** Whose it is (after), or was. */
  readonly service?: string;
}
