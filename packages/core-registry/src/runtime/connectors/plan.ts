import type { ConnectorOptions } from "../../contracts/connector.ts";
import type { ProtocolSources } from "../../contracts/protocol.ts";
import type { Origin } from "../../contracts/report.ts";
import type { ExampleRecorder } from "../examples.ts";
import type { FunctionTools } from "./function.ts";
import type { PolicyGate } from "./policy-gate.ts";
import type { ReachedNames } from "./reached-names.ts";

/** The tools with which all connectors of one fragment are compiled. */
export interface ConnectorTools extends FunctionTools {
  readonly origin: Pick<Origin, "service" | "hash">;
  /** The gate with the rules of the fragment. */
  readonly gate: PolicyGate;
  /** The names of all context values of the gateway. */
  readonly contexts: readonly string[];
  /** The sources that the protocol declares (S3.1). */
  readonly sources: ProtocolSources;
  /** Names of the sources of the other protocols: a reference to one of them is an error. Default none. */
  readonly foreignSources?: ReadonlySet<string>;
  /** Collects the names that the connectors reach, also of those with an error. Default: none. */
  readonly reached?: ReachedNames;
  /** Records examples of calls and events (S9.10). Default: none are recorded. */
  readonly examples?: ExampleRecorder;
  readonly batching?: {
    /** The maximum number of entries of one call. Default 100. */
    readonly entriesLimit?: number;
  };
}

/** The input of compiling one connector. */
export interface ConnectorPlan {
  readonly tools: ConnectorTools;
  readonly options: Required<ConnectorOptions>;
  /** The sources that the connector can read. */
  readonly sources: readonly string[];
}

/** The declarations of the sources that a connector can read. */
export function pickSources(declared: ProtocolSources, names: readonly string[]): ProtocolSources {
  return Object.fromEntries(Object.entries(declared).filter(([name]) => names.includes(name)));
}
