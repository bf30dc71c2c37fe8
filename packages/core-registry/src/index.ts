export * from "./contracts/broker.ts";
export * from "./contracts/call-scope.ts";
export { checkPlugin, contractNumber, type PluginKinds } from "./contracts/check-plugin.ts";
export * from "./contracts/clock.ts";
export * from "./contracts/connector.ts";
export * from "./contracts/context.ts";
export * from "./contracts/directory.ts";
export * from "./contracts/errors.ts";
export * from "./contracts/events.ts";
export * from "./contracts/fragment.ts";
export * from "./contracts/json.ts";
export * from "./contracts/logger.ts";
export { nearestName } from "./contracts/nearest-name.ts";
export * from "./contracts/policy.ts";
export * from "./contracts/protocol.ts";
export * from "./contracts/report.ts";
export * from "./contracts/request.ts";
export * from "./contracts/route.ts";
export * from "./contracts/sandbox.ts";
export * from "./contracts/scope.ts";
export * from "./contracts/server.ts";
export * from "./contracts/version.ts";
export {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type PageFactory,
} from "./gateway/create-gateway.ts";
export * from "./registry/contract.ts";
export { isPublic } from "./registry/difference/access.ts";
export { type DifferenceTextOptions, differenceText } from "./registry/difference/text.ts";
export { createRegistry } from "./registry/registry.ts";
export { changeLine, findingLines, reportTable } from "./registry/reports/table.ts";
export { resetBatches } from "./runtime/connectors/batch.ts";
export { createConnectorTable } from "./runtime/connectors/connector-table.ts";
export { compileFunction, type FunctionTools } from "./runtime/connectors/function.ts";
export type { ConnectorTools } from "./runtime/connectors/plan.ts";
export {
  compilePolicyGate,
  emptyPolicyGate,
  type NameRules,
  type PolicyGate,
} from "./runtime/connectors/policy-gate.ts";
export type { PolicyGateTools } from "./runtime/connectors/policy-rules.ts";
export {
  type ConnectorFault,
  type ConnectorInput,
  callSchema,
  connectorMembers,
  normalizeConnectors,
  publishSchema,
  subscribeSchema,
} from "./runtime/connectors/schema.ts";
export type { CallExample, EventExample, Examples, ExamplesOptions } from "./runtime/examples.ts";
export { canonicalJson, hash128 } from "./runtime/fragment/canonical.ts";
export {
  branchPattern,
  fragmentFormat,
  masterBranch,
  reservedNames,
} from "./runtime/fragment/fragment.ts";
export { codeFrame } from "./runtime/fragment/frames.ts";
export { formatValue } from "./runtime/fragment/issues.ts";
export { jsonPath } from "./runtime/fragment/json-path.ts";
export { type PolicyPart, type PolicyRule, policySchema } from "./runtime/fragment/policy-schema.ts";
export { isHopByHop } from "./runtime/hop-by-hop.ts";
export { type AttachedValue, attachedValue, memoize } from "./runtime/memoize.ts";
export { actionNameProblem, eventNameProblem, nameMatcher } from "./runtime/names.ts";
export { redactText, redactValue, secretNames } from "./runtime/redact.ts";
export {
  type ContextFactories,
  type ContextSource,
  contextFactories,
  createContext,
  type ForkableContext,
} from "./runtime/request/context.ts";
export { createScope, type ScopeInput } from "./runtime/request/scope.ts";
export { parseUntrustedJson } from "./runtime/request/untrusted-json.ts";
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
} from "./runtime/routing/pattern.ts";
export { type CompiledRoute, compileRoutes, routePattern } from "./runtime/routing/routes.ts";
export { alwaysRefine, pathSchema, type RoutesPart, routesSchema } from "./runtime/routing/schema.ts";
export { discardStream, isObject, isOpaque } from "./runtime/values.ts";
export { createYield, type YieldToEventLoop } from "./runtime/yield.ts";
