import type { ConnectorOptions } from "../../contracts/connector.ts";
import type { Origin } from "../../contracts/report.ts";
import type { ExampleRecorder } from "../examples.ts";
import type { FunctionTools } from "./function.ts";
import type { PolicyGate } from "./policy-gate.ts";

/** What the connectors of one fragment are made with. */
export interface ConnectorTools extends FunctionTools {
  /** Whose fragment it is. */
  readonly origin: Pick<Origin, "service" | "hash">;
  /** The fragment's rules. */
  readonly gate: PolicyGate;
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** Sees calls and events, for examples of them (S9.10). Default: nobody does. */
  readonly examples?: ExampleRecorder;
  /** How calls are batched (S5.4). */
  readonly batching?: {
    /** The most entries that one call takes. Default 100. */
    readonly entriesLimit?: number;
  };
}

/** What one connector is made with: the fragment's, and the endpoint's. */
export interface ConnectorPlan {
  /** The fragment's. */
  readonly tools: ConnectorTools;
  /** The endpoint's. */
  readonly options: ConnectorOptions;
  /** The protocol's sources by name. */
  readonly sources: readonly string[];
}
