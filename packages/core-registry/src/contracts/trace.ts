import type { Verdict } from "./verdict.ts";

/** The one hook through which explain, OpenTelemetry, metrics and the request log see a request. */
export type Trace = (event: TraceEvent) => void;

/** What a trace is told. Durations are milliseconds. */
export type TraceEvent =
  | { readonly at: "dispatch"; readonly branch: string; readonly version: string; readonly route: string }
  | { readonly at: "context"; readonly name: string; readonly ms: number }
  | { readonly at: "params"; readonly jsonPath: string; readonly params: unknown }
  | { readonly at: "gate"; readonly name: string; readonly verdict: Verdict }
  | {
      readonly at: "call";
      readonly action: string;
      readonly node?: string;
      readonly ms: number;
      readonly error?: string;
    }
  | { readonly at: "publish"; readonly event: string; readonly broadcast: boolean }
  | {
      readonly at: "function";
      readonly label: string;
      readonly tier: string;
      readonly ms: number;
      readonly error?: string;
    }
  | { readonly at: "reply"; readonly status: number; readonly ms: number };
