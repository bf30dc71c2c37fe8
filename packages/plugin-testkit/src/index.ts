export type { BrokerCheck, BrokerSuite, BrokerSystem, BrokerSystemNode } from "./broker-suite/driver.ts";
export { brokerChecks, testBroker } from "./broker-suite/index.ts";
export { type ManualClock, manualClock } from "./clock.ts";
export type { ContextCheck, ContextExample, ContextSuite } from "./context-suite/driver.ts";
export { contextChecks, testContext } from "./context-suite/index.ts";
export { directoryOf } from "./directory.ts";
export { type KnownFunctions, knownFunctions } from "./known-functions.ts";
export { memoryBroker } from "./memory/broker.ts";
export {
  gatewayGroup,
  type MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryNode,
  type RecordedCall,
} from "./memory/types.ts";
export type {
  ErrorExample,
  MiddlewareCheck,
  MiddlewareExample,
  MiddlewareSuite,
} from "./middleware-suite/driver.ts";
export { middlewareChecks, testMiddleware } from "./middleware-suite/index.ts";
export type {
  AccessExample,
  PolicyCheck,
  PolicySuite,
  RuleChange,
  RuleExample,
} from "./policy-suite/driver.ts";
export { policyChecks, testPolicy } from "./policy-suite/index.ts";
export type {
  PartExample,
  ProtocolCheck,
  ProtocolSuite,
  RouteExample,
} from "./protocol-suite/driver.ts";
export { protocolChecks, testProtocol } from "./protocol-suite/index.ts";
export { type Recorder, recorder } from "./recorder.ts";
export { httpRequest, type RequestParts } from "./request.ts";
export { callScope, contextOf, requestScope } from "./scopes.ts";
export * from "./service.ts";
export type { Check, CheckContext, CheckOptions, CheckResult } from "./suite/check.ts";
export { registerChecks } from "./suite/register.ts";
export { runCheck, runChecks } from "./suite/run.ts";
