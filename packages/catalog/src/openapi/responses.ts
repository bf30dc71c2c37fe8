import type { ConnectorDescription, JsonObject } from "@tidegate/core-registry";
import { securitySchemes } from "../endpoint/security.ts";

const problemResponses: Readonly<Record<string, readonly [status: string, description: string]>> = {
  BadRequest: ["400", "The request cannot be understood, or a parameter has a value of the wrong kind."],
  Unauthenticated: ["401", "A rule asks who you are, or the token is not valid."],
  Forbidden: ["403", "A rule does not allow this."],
  Unavailable: ["503", "The service is not there at the moment. Try again."],
};

/** The components that every operation points to: the problem's schema (RFC 9457, S12.5), its responses, the token. */
export const components: JsonObject = {
  schemas: {
    Problem: {
      type: "object",
      description: "A problem (RFC 9457).",
      properties: {
        type: { type: "string" },
        title: { type: "string" },
        status: { type: "integer", minimum: 400, maximum: 599 },
        detail: { type: "string" },
        code: { type: "string", description: "What happened, for programs." },
        requestId: { type: "string" },
        data: { description: "What the service said beside it." },
      },
      required: ["status", "code"],
    },
  },
  responses: {
    ...Object.fromEntries(
      Object.entries(problemResponses).map(([name, [, description]]) => [name, problem(description)]),
    ),
    Problem: problem("Something else went wrong."),
  },
  securitySchemes,
};

/** What an operation may answer. */
export function operationResponses(
  connectors: readonly ConnectorDescription[],
  takesInput: boolean,
): JsonObject {
  const rules = connectors.flatMap((connector) => connector.rules ?? []);
  const guarded = connectors.some((connector) => connector.rules === undefined) || rules.length > 0;
  const calls = connectors.some(({ kind }) => kind === "call" || kind === "publish");
  const names = [
    ...(takesInput ? ["BadRequest"] : []),
    ...(guarded ? ["Unauthenticated", "Forbidden"] : []),
    ...(calls ? ["Unavailable"] : []),
  ];
  const problems = names.map((name) => [problemResponses[name]?.[0] ?? "default", referTo(name)] as const);
  return {
    "200": { description: success(connectors), content: anyJson },
    ...Object.fromEntries(problems),
    default: referTo("Problem"),
  };
}

const anyJson: JsonObject = { "application/json": { schema: {} } };

function success(connectors: readonly ConnectorDescription[]): string {
  const kinds = new Set(connectors.map(({ kind }) => kind));
  if (kinds.has("call")) return "What the action answers.";
  return kinds.has("publish") ? "What was published." : "What the gateway makes of the request.";
}

function referTo(name: string): JsonObject {
  return { $ref: `#/components/responses/${name}` };
}

function problem(description: string): JsonObject {
  return {
    description,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}
