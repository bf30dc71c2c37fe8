export type { Cluster } from "./run/cluster.ts";
export { type LoopbackTcpOptions, loopbackTcp } from "./run/loopback-tcp.ts";
export { freePort } from "./run/ports.ts";
export type { Ending, ServiceChild } from "./run/service-child.ts";
export type { ServiceName } from "./services.ts";
export { type Soccer, type SoccerOptions, type Speaker, startSoccer } from "./soccer.ts";
export type { Person } from "./tokens.ts";
