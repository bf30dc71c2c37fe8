import type { HttpRequest, Reply, Route, Scope } from "@tidegate/core-registry";
import { isTidegateError } from "@tidegate/core-registry";
import { httpRequest } from "../request.ts";
import type { CheckContext } from "../suite/check.ts";
import type { RouteExample } from "./driver.ts";
import { type FoundRoute, findRoute } from "./routing.ts";
import { replyProblem } from "./shape.ts";
import { type ProtocolSystem, scopeOf } from "./system.ts";

/** What a client receives: a reply with its body as text, or the code of an error. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The code of the error that the route threw. */
  readonly code?: string;
}

/** Finds the route of an example, and fails where none serves it. */
export function routeOf(check: CheckContext, routes: readonly Route[], example: RouteExample): FoundRoute {
  const found = findRoute(routes, example);
  const { method = "GET", url = "/" } = example;
  check.clause("Every route of a part is served at its path.");
  if (found !== undefined) return found;
  check.ok(
    false,
    `a route serves ${method} ${url}`,
    routes.map(({ kind, path }) => `${kind} ${path}`),
  );
  throw new Error("unreachable");
}

/** Sends a request to a route. Fails where the route throws an error without code, or sends no reply. */
export async function answerOf(
  system: ProtocolSystem,
  check: CheckContext,
  { route, params }: FoundRoute,
  example: RouteExample,
  scope: Scope = scopeOf(system),
): Promise<Answer> {
  const request = httpRequest({ ...example, params });
  const text = `${request.method} ${request.url}`;
  check.clause("Handles a request. An error with a code becomes a problem document (S12.5).");
  const result: unknown = await check.wait(
    Promise.try(() => run(route, request, scope)).catch((error: unknown) => {
      if (!isTidegateError(error)) throw error;
      return error;
    }),
    `${text.slice(0, 150)} has a reply, or an error with a code`,
  );
  if (isTidegateError(result)) return { status: result.status, text: "", code: result.code };
  const problem = replyProblem(result);
  check.clause("The HTTP response with which a route answers: status, headers and body.");
  check.ok(problem === undefined, `${text.slice(0, 150)} has a reply`, problem);
  const { status, body } = result as Reply;
  return { status, text: await check.wait(textOf(body), "the body of the reply ends") };
}

function run(route: Route, request: HttpRequest, scope: Scope): unknown {
  return route.kind === "http" ? route.handle(request, scope) : route.accept(request, scope);
}

async function textOf(body: Reply["body"]): Promise<string> {
  if (body === null || typeof body === "string") return body ?? "";
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** The body of an answer: parsed where it is JSON. */
export function bodyOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
