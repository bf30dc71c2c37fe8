import type { IncomingMessage } from "node:http";
import { type Registry, TidegateError } from "@tidegate/core-registry";
import type { z } from "zod";
import { type Pins, pinSchema, pinTargetSchema } from "./pin-schema.ts";

/** What of a registry the admin socket changes. */
export type AdminRegistry = Pick<Registry, "branches" | "pin" | "unpin">;

const bodyLimit = 4_096;
const methods = ["GET", "POST", "DELETE"];

/**
 * Answers one request of the admin socket (S9.11): `GET /pins`, `POST /pins` with `{ branch, service?, to }`, `DELETE /pins`
 * with `{ branch, service? }`. Each answers what is pinned then.
 * @throws {TidegateError} what becomes a problem
 */
export async function answerAdmin(request: IncomingMessage, registry: AdminRegistry): Promise<Pins> {
  if (request.url !== "/pins") throw new TidegateError("NOT_FOUND", "There is only /pins here.");
  if (request.method === "POST") await registry.pin(await read(request, pinSchema));
  else if (request.method === "DELETE") await registry.unpin(await read(request, pinTargetSchema));
  else if (request.method !== "GET")
    throw new TidegateError("METHOD_NOT_ALLOWED", undefined, { headers: [["allow", methods.join(", ")]] });
  return { pins: registry.branches().flatMap(({ pins }) => pins) };
}

async function read<Data>(request: IncomingMessage, schema: z.ZodType<Data>): Promise<Data> {
  const result = schema.safeParse(parse(await textOf(request)));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new TidegateError("BAD_REQUEST", `${issue?.path.join(".") || "The body"}: ${issue?.message}`);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // What was refused is still answered: the stream stays.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bodyLimit)
      throw new TidegateError("BODY_TOO_LARGE", `A body may have ${bodyLimit} bytes here.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TidegateError("BODY_MALFORMED", "The body is no JSON.", { cause });
  }
}
