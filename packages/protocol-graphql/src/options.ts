/**
 * A scalar that the gateway adds to all schemas (S5.1). The client gets the message of what its functions
 * throw.
 */
export interface ScalarOption {
  /** Markdown. Introspection and GraphiQL show it. */
  readonly description?: string;
  readonly specifiedByURL?: string;
  /** Converts a value of a service to the value in the response. Default: no conversion. */
  output?(value: unknown): unknown;
  /** Converts a value of a client to the value that services get. Default: no conversion. */
  input?(value: unknown): unknown;
}

/** The options of `graphql()`. Each has a safe default. */
export interface GraphQLOptions extends FragmentLimitOptions {
  /** The most levels of fields in an operation. Introspection has a limit of its own. Default: 15. */
  readonly maxDepth?: number;
  /** The most aliases in an operation. Fragments count each time they are spread. Default: 30. */
  readonly maxAliases?: number;
  /** The most tokens in a document. Default: 2,000. */
  readonly maxTokens?: number;
  /** The most directives in an operation. Fragments count each time they are spread. Default: 50. */
  readonly maxDirectives?: number;
  /** The most types that one fragment can define or extend (S5.6). Default: 500. */
  readonly maxTypes?: number;
  /**
   * The most types that all fragments of a branch can define together, without root types (S5.6). Default:
   * 5,000.
   */
  readonly maxBranchTypes?: number;
  /** The most compiled operations that are kept, for all branches together (S5.7). Default: 1,000. */
  readonly maxOperations?: number;
  /** The most operations that can run at once on one socket. Default: 100. */
  readonly maxSocketOperations?: number;
  /** Whether clients can query the schema. If false, messages suggest no names either. Default: true. */
  readonly introspection?: boolean;
  /** Whether browsers get GraphiQL. Default: true. */
  readonly graphiql?: boolean;
  /**
   * Scalars to add, by name. They can replace `JSON`, `DateTime`, `Date`, `Time` and `Upload`. Default: none.
   */
  readonly scalars?: Readonly<Record<string, ScalarOption>>;
}

/**
 * The options of `graphql()` that limit the definitions of one fragment (S5.6). A fragment over a limit is
 * refused with a finding that names the limit. Each has a safe default.
 */
export interface FragmentLimitOptions {
  /** The most fields that one fragment can define or add in one type (S5.6). Default: 1,000. */
  readonly maxFields?: number;
  /** The most values that one fragment can define or add in one enum (S5.6). Default: 1,000. */
  readonly maxValues?: number;
  /** The most arguments of one field (S5.6). Default: 100. */
  readonly maxArguments?: number;
  /**
   * The most members of one union, and the most interfaces of one type, that one fragment can define or add
   * (S5.6). Default: 500.
   */
  readonly maxMembers?: number;
  /**
   * The most types, fields, arguments, values, members and directives of one fragment together (S5.6).
   * Default: 5,000.
   */
  readonly maxDefinitions?: number;
  /**
   * The most definitions of one fragment that refer to types of other fragments, so that they can wait (S5.6,
   * S5.8). Default: 1,000.
   */
  readonly maxWaiting?: number;
}

/** The options of `graphql()` with their defaults. */
export type GraphQLSettings = Required<GraphQLOptions>;

/** Returns options with the default of each that is missing. */
export function withDefaults(options: GraphQLOptions): GraphQLSettings {
  return {
    maxDepth: 15,
    maxAliases: 30,
    maxTokens: 2_000,
    maxDirectives: 50,
    maxTypes: 500,
    maxFields: 1_000,
    maxValues: 1_000,
    maxArguments: 100,
    maxMembers: 500,
    maxDefinitions: 5_000,
    maxWaiting: 1_000,
    maxBranchTypes: 5_000,
    maxOperations: 1_000,
    maxSocketOperations: 100,
    introspection: true,
    graphiql: true,
    scalars: {},
    ...options,
  };
}
