import { type GatewayHealth, type Reply, TidegateError } from "@tidegate/core-registry";
import type { ServerRequest } from "../request/request.ts";
import { isLocal } from "./access.ts";

type State = GatewayHealth["state"];

/** The seed's table (S12.6). */
const table: Readonly<Record<"liveness" | "readiness", Readonly<Record<State, number>>>> = {
  liveness: { starting: 200, running: 200, stopping: 200, failed: 500 },
  readiness: { starting: 503, running: 200, stopping: 503, failed: 500 },
};

/**
 * Answers `/~health/liveness` and `/~health/readiness`. Everybody learns the state; only local callers the reasons.
 * @throws `NOT_FOUND`, `METHOD_NOT_ALLOWED`
 */
export function answerHealth(request: ServerRequest, path: string, health: GatewayHealth): Reply {
  const probe = path.slice("/~health/".length);
  if (probe !== "liveness" && probe !== "readiness") throw new TidegateError("NOT_FOUND");
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new TidegateError("METHOD_NOT_ALLOWED", undefined, { headers: [["allow", "GET, HEAD"]] });
  const { state, reasons } = health;
  return {
    status: table[probe][state],
    headers: [
      ["content-type", "application/json"],
      ["cache-control", "no-store"],
    ],
    body: JSON.stringify(isLocal(request) ? { state, reasons } : { state }),
  };
}
