export type { Cluster } from "./run/cluster.ts";
export { freePort, type LoopbackTcpOptions, loopbackTcp } from "./run/loopback.ts";
export type { ExitStatus, ServiceChild } from "./run/service-child.ts";
export type { ServiceName } from "./services.ts";
export { type LineSource, type Soccer, type SoccerOptions, startSoccer } from "./soccer.ts";
export type { Person } from "./tokens.ts";
