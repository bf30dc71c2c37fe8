import type { ConnectorOptions } from "../../contracts/connector.ts";
import type { Origin } from "../../contracts/report.ts";
import type { ExampleRecorder } from "../examples.ts";
import type { FunctionTools } from "./function.ts";
import type { PolicyGate } from "./policy-gate.ts";

/** The tools with which all connectors of one fragment are compiled. */
export interface ConnectorTools extends FunctionTools {
  readonly origin: Pick<Origin, "service" | "hash">;
  /** The fragment's rules. */
  readonly gate: PolicyGate;
  /** Names of all context values. */
  readonly contexts: readonly string[];
  /** Records examples of calls and events (S9.10). Default: none are recorded. */
  readonly examples?: ExampleRecorder;
  /** The options of batches (S5.4). */
  readonly batching?: {
    /** The maximum number of entries of one call. Default 100. */
    readonly entriesLimit?: number;
  };
}

/** The input of compiling one connector. */
export interface ConnectorPlan {
  /** The tools of the fragment. */
  readonly tools: ConnectorTools;
  /** The options of the endpoint. */
  readonly options: ConnectorOptions;
  /** The names of the protocol's sources. */
  readonly sources: readonly string[];
}
