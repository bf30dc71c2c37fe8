export { type AttachedValue, attachedValue, memoize } from "./annotation.ts";
export { resetBatches } from "./connectors/batch.ts";
export { compileFunction, type FunctionTools } from "./connectors/function.ts";
export { compilePolicyGate, emptyPolicyGate, type NameRules, type PolicyGate } from "./connectors/gate.ts";
export type { PolicyGateTools } from "./connectors/gate-tools.ts";
export { isOpaque } from "./connectors/opaque.ts";
export { type PolicyPart, type PolicyRule, policySchema } from "./connectors/policy-schema.ts";
export {
  type ConnectorFault,
  type ConnectorInput,
  callSchema,
  connectorMembers,
  normalizeConnectors,
  publishSchema,
  subscribeSchema,
} from "./connectors/schema.ts";
export { createConnectorTable } from "./connectors/table.ts";
export type { ConnectorTools } from "./connectors/tools.ts";
export * from "./contracts/broker.ts";
export * from "./contracts/call-scope.ts";
export * from "./contracts/change.ts";
export * from "./contracts/clock.ts";
export * from "./contracts/connector.ts";
export * from "./contracts/context.ts";
export * from "./contracts/directory.ts";
export * from "./contracts/events.ts";
export * from "./contracts/finding.ts";
export * from "./contracts/fragment.ts";
export * from "./contracts/json.ts";
export * from "./contracts/logger.ts";
export * from "./contracts/policy.ts";
export * from "./contracts/protocol.ts";
export * from "./contracts/registry.ts";
export * from "./contracts/report.ts";
export * from "./contracts/request.ts";
export * from "./contracts/route.ts";
export * from "./contracts/sandbox.ts";
export * from "./contracts/schema.ts";
export * from "./contracts/scope.ts";
export * from "./contracts/server.ts";
export * from "./contracts/trace.ts";
export * from "./contracts/verdict.ts";
export * from "./contracts/version.ts";
export { isPublic } from "./difference/access.ts";
export { type DifferenceTextOptions, differenceText } from "./difference/text.ts";
export * from "./errors.ts";
export type { CallExample, EventExample, Examples } from "./examples/examples.ts";
export type { ExamplesOptions } from "./examples/options.ts";
export { canonicalJson, hash128 } from "./fragment/canonical.ts";
export { codeFrame } from "./fragment/code-frame.ts";
export {
  branchPattern,
  fragmentFormat,
  masterBranch,
  reservedNames,
} from "./fragment/fragment.ts";
export { formatValue } from "./fragment/issues.ts";
export { jsonPath } from "./fragment/json-path.ts";
export { nearestName } from "./fragment/nearest.ts";
export { checkPlugin, contractNumber, type PluginKinds } from "./plugins/check-plugin.ts";
export { createRegistry } from "./registry/registry.ts";
export { redactText, redactValue, secretNames } from "./reporting/redact.ts";
export { changeLine, findingLines, reportTable } from "./reporting/table.ts";
export {
  type ContextFactories,
  type ContextSource,
  contextFactories,
  createContext,
  type ForkableContext,
} from "./request/context.ts";
export { parseUntrustedJson } from "./request/hostile-json.ts";
export { createScope, type ScopeInput } from "./request/scope.ts";
export { canonicalSegment } from "./routing/canonical.ts";
export {
  expandPattern,
  isUnder,
  type ParsedPattern,
  type PathPattern,
  type PathSegment,
  type PatternProblem,
  parsePattern,
  shapeOf,
} from "./routing/pattern.ts";
export { type CompiledRoute, compileRoutes, routePattern } from "./routing/routes.ts";
export { alwaysRefine, pathSchema, type RoutesPart, routesSchema } from "./routing/schema.ts";
