/**
 * The parts of a fragment below `protocol`, by key. A protocol's package adds its own by declaration merging, so that a
 * fragment is typed where its package is imported; a part that nobody has typed may hold anything.
 */
export interface FragmentParts {
  /** A part that is not typed. */
  readonly [protocol: string]: unknown;
}

/** One access rule (S7.1). A policy's package adds its own members by declaration merging. */
export interface FragmentRule {
  /** What it is, for people: what a client is told whom it refuses. */
  readonly description?: string | undefined;
  /** Patterns of the actions that it guards, in `call`. */
  readonly actions?: readonly string[] | undefined;
  /** Patterns of the events that it guards, in `publish` and `subscribe`. */
  readonly events?: readonly string[] | undefined;
  /** What a policy asks that is not typed. */
  readonly [member: string]: unknown;
}

/** A fragment as a service writes it (S1). Functions travel as texts. */
export interface FragmentInput {
  /** The format. Default 1. */
  readonly format?: number | undefined;
  /** The branch that it is for. Default `master`. */
  readonly branch?: string | undefined;
  /** Who may call what. Default: no rules. */
  readonly policy?: FragmentPolicy | undefined;
  /** One part per protocol. Default: none. */
  readonly protocol?: FragmentParts | undefined;
}

/** The rules of a fragment, by what they guard (S7.1). */
export interface FragmentPolicy {
  /** Rules on actions. */
  readonly call?: readonly FragmentRule[] | undefined;
  /** Rules on events that are sent. */
  readonly publish?: readonly FragmentRule[] | undefined;
  /** Rules on events that are received. */
  readonly subscribe?: readonly FragmentRule[] | undefined;
  /** Whether the rules of the service that owns an action apply to its calls as well (S7.2). Default false. */
  readonly owner?: boolean | undefined;
}
