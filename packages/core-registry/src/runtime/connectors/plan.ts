import type { ConnectorOptions } from "../../contracts/connector.ts";
import type { Origin } from "../../contracts/report.ts";
import type { ExampleRecorder } from "../examples.ts";
import type { FunctionTools } from "./function.ts";
import type { PolicyGate } from "./policy-gate.ts";

/** The tools with which all connectors of one fragment are compiled. */
export interface ConnectorTools extends FunctionTools {
  readonly origin: Pick<Origin, "service" | "hash">;
  /** The gate with the rules of the fragment. */
  readonly gate: PolicyGate;
  /** The names of all context values of the gateway. */
  readonly contexts: readonly string[];
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
  readonly options: ConnectorOptions;
  /** The names of the protocol's sources. */
  readonly sources: readonly string[];
}
