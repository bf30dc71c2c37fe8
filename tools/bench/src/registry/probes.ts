import type { PlannedRequest } from "../harness/benchmark.ts";
import { nameOf } from "./services.ts";

/** Asks a service's changing route, which answers its number. `prefix` names a branch: `/~preview`. */
export function routeProbe(index: number, route: number, prefix: string = ""): PlannedRequest {
  return {
    method: "GET",
    path: `${prefix}/${nameOf(index)}/change`,
    expected: { status: 200, body: JSON.stringify({ change: route }) },
  };
}

/** Asks for a service's changing field, which has its number as its value. */
export function typeProbe(index: number, type: number): PlannedRequest {
  const list = `${nameOf(index)}List`;
  const field = `at${type}`;
  return {
    method: "POST",
    path: "/graphql",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: `{ ${list} { ${field} } }` }),
    expected: { status: 200, body: JSON.stringify({ data: { [list]: { [field]: type } } }) },
  };
}
