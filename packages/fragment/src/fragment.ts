/**
 * The parts of a fragment below `protocol`, by protocol key. The package of a protocol adds the type of its
 * part by declaration merging. A part without a type can hold any value.
 */
export interface FragmentParts {
  readonly [protocol: string]: unknown;
}

/** One access rule (S7.1). The package of a policy adds the types of its members by declaration merging. */
export interface FragmentRule {
  /** Describes the rule for people. A denied client receives it. */
  readonly description?: string | undefined;
  /** In `call`: patterns of the actions to which the rule applies. */
  readonly actions?: readonly string[] | undefined;
  /** In `publish` and `subscribe`: patterns of the events to which the rule applies. */
  readonly events?: readonly string[] | undefined;
  /** The member of a policy whose package is not imported. */
  readonly [member: string]: unknown;
}

/** A fragment as a service publishes it (S1). Functions are texts. */
export interface FragmentInput {
  /** Where the JSON Schema of fragments is, for editors. The gateway ignores it. */
  readonly $schema?: string | undefined;
  /** The version of the fragment format. Default 1. */
  readonly format?: number | undefined;
  /** The branch to which the fragment belongs. Default `master`. */
  readonly branch?: string | undefined;
  /** The rules that limit who can use the service. Default: none. */
  readonly policy?: FragmentPolicy | undefined;
  /** One part per protocol. Default: none. */
  readonly protocol?: FragmentParts | undefined;
}

/** The access rules of a fragment (S7.1). */
export interface FragmentPolicy {
  /** Rules for the actions that connectors call. */
  readonly call?: readonly FragmentRule[] | undefined;
  /** Rules for the events that connectors send. */
  readonly publish?: readonly FragmentRule[] | undefined;
  /** Rules for the events that subscriptions deliver. */
  readonly subscribe?: readonly FragmentRule[] | undefined;
  /** Whether the rules of the service that owns a called action apply too (S7.2). Default false. */
  readonly owner?: boolean | undefined;
}
