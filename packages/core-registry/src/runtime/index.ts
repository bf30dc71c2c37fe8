/**
 * What serves a request: fragments, routing, connectors, policies, contexts, events. Protocols, policies,
 * servers and test kits are written with it.
 */
export { createFailureLog, type FailureLog, type TimeLimit } from "./boundary/guard.ts";
export { createLoadTools, type Lifecycle, type LoadTools } from "./boundary/lifecycle.ts";
export { type LoadedContext, loadContext } from "./boundary/load-context.ts";
export { type LoadedPolicy, type LoadedRule, loadPolicy } from "./boundary/load-policy.ts";
export { type LoadedPart, type LoadedProtocol, loadProtocol } from "./boundary/load-protocol.ts";
export { ArgumentError, type ArgumentProblem } from "./connectors/argument-error.ts";
export { resetBatches } from "./connectors/batch.ts";
export { createConnectorTable } from "./connectors/connector-table.ts";
export { compileFunction, type FunctionTools } from "./connectors/function.ts";
export { memberFindings } from "./connectors/function-members.ts";
export type { ConnectorTools } from "./connectors/plan.ts";
export {
  compilePolicyGate,
  emptyPolicyGate,
  type NameRules,
  type PolicyGate,
} from "./connectors/policy-gate.ts";
export type { PolicyGateTools } from "./connectors/policy-rules.ts";
export {
  type ConnectorFault,
  type ConnectorInput,
  callSchema,
  connectorMembers,
  normalizeConnectors,
  publishSchema,
  subscribeSchema,
} from "./connectors/schema.ts";
export type { CallExample, EventExample, Examples, ExamplesOptions } from "./examples.ts";
export { canonicalJson, hash128 } from "./fragment/canonical.ts";
export {
  branchPattern,
  fragmentFormat,
  masterBranch,
  reservedNames,
} from "./fragment/fragment.ts";
export { codeFrame } from "./fragment/frames.ts";
export { formatValue, jsonPath } from "./fragment/issues.ts";
export { type PolicyPart, type PolicyRule, policySchema } from "./fragment/policy-schema.ts";
export { hopByHopHeaders } from "./hop-by-hop.ts";
export { type AttachedValue, attachedValue, memoize } from "./memoize.ts";
export { actionNameProblem, eventNameProblem, nameMatcher } from "./names.ts";
export { textSource } from "./params/text-source.ts";
export { plainAnswer } from "./plain-answer.ts";
export { redactText, redactValue, secretNames } from "./redact.ts";
export {
  type ContextFactories,
  type ContextSource,
  contextFactories,
  createContext,
  type ForkableContext,
} from "./request/context.ts";
export { createCorrelation, type ForkableCorrelation } from "./request/correlation.ts";
export {
  createRequestFailureLog,
  type FailedRequest,
  type RequestFailureLog,
} from "./request/failure-log.ts";
export { createScope, type ScopeInput } from "./request/scope.ts";
export { parseUntrustedJson } from "./request/untrusted-json.ts";
export {
  canonicalSegment,
  expandPattern,
  isUnder,
  type ParsedPattern,
  type PathPattern,
  type PathSegment,
  type PatternProblem,
  parsePattern,
  shapeOf,
} from "./routing/pattern.ts";
export {
  compileRoutes,
  knownPath,
  routeKeys,
  routeLabel,
  routePattern,
  socketFingerprint,
} from "./routing/routes.ts";
export { alwaysRefine, pathSchema, type RoutesPart, routesSchema } from "./routing/schema.ts";
export { describeValue, discardStream, isObject, isOpaque } from "./values.ts";
export { createYield, type YieldToEventLoop } from "./yield.ts";
