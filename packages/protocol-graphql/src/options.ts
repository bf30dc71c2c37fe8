/** A scalar of the gateway's own (S5.1). Values are checked by its two functions; what they throw is told to the client. */
export interface ScalarOption {
  /** What it is, in Markdown. */
  readonly description?: string;
  /** Where it is specified. */
  readonly specifiedByURL?: string;
  /** Makes what is sent of a service's value. Default: the value. */
  output?(value: unknown): unknown;
  /** Makes what a service gets of a client's value. Default: the value. */
  input?(value: unknown): unknown;
}

/** The options of `graphql()`; each has a safe default. */
export interface GraphQLOptions {
  /** How deep an operation may reach, in fields inside of fields; introspection is limited by itself. Default 15. */
  readonly maxDepth?: number;
  /** How many fields of an operation may have an alias, fragments counted as often as they are spread. Default 30. */
  readonly maxAliases?: number;
  /** How many tokens a request may have. Default 2,000. */
  readonly maxTokens?: number;
  /** How many directives an operation may have. Default 50. */
  readonly maxDirectives?: number;
  /** How many types one fragment may define or extend (S5.6). Default 500. */
  readonly maxTypes?: number;
  /** How many types all fragments of a branch may define together, root types not counted (S5.6). Default 5,000. */
  readonly maxBranchTypes?: number;
  /** How many operations are kept compiled, for all branches together (S5.7). Default 1,000. */
  readonly maxOperations?: number;
  /** How many operations may run at once on one socket. Default 100. */
  readonly maxSocketOperations?: number;
  /** Whether the schema can be asked for. Off, messages suggest no names either. Default true. */
  readonly introspection?: boolean;
  /** Whether a browser's GET is answered with GraphiQL. Default true. */
  readonly graphiql?: boolean;
  /** More scalars, or others in the place of `JSON`, `DateTime`, `Date`, `Time`. Default none. */
  readonly scalars?: Readonly<Record<string, ScalarOption>>;
}

/** The options with their defaults. */
export type GraphQLSettings = Required<GraphQLOptions>;

/** Fills in the defaults. */
export function settingsOf(options: GraphQLOptions): GraphQLSettings {
  return {
    maxDepth: 15,
    maxAliases: 30,
    maxTokens: 2_000,
    maxDirectives: 50,
    maxTypes: 500,
    maxBranchTypes: 5_000,
    maxOperations: 1_000,
    maxSocketOperations: 100,
    introspection: true,
    graphiql: true,
    scalars: {},
    ...options,
  };
}
