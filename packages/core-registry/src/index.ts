/**
 * What a plugin implements and what it is given: contracts, errors, and the check of a plugin.
 * A plugin imports this entry and `./runtime`, and nothing else of ours.
 */
export * from "./contracts/broker.ts";
export * from "./contracts/call-scope.ts";
export * from "./contracts/clock.ts";
export * from "./contracts/connector.ts";
export * from "./contracts/context.ts";
export * from "./contracts/correlation.ts";
export * from "./contracts/define-plugin.ts";
export * from "./contracts/directory.ts";
export * from "./contracts/endpoint.ts";
export * from "./contracts/errors.ts";
export * from "./contracts/events.ts";
export * from "./contracts/fragment.ts";
export * from "./contracts/json.ts";
export * from "./contracts/logger.ts";
export * from "./contracts/middleware.ts";
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
