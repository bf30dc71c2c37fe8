import { type IncomingMessage, request } from "node:http";
import { TidegateError } from "@tidegate/core-registry";
import { z } from "zod";
import { type Pins, pinsSchema } from "./pin-schema.ts";

const timeout = 15_000;
const answerLimit = 10_485_760;

const problemSchema = z.looseObject({ detail: z.string() });

/**
 * Asks a gateway on its admin socket.
 * @param body what `POST` and `DELETE` say
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` where nobody answers there, or refuses; it says what to do
 */
export async function askAdmin(
  socketPath: string,
  method: "GET" | "POST" | "DELETE",
  body?: object,
): Promise<Pins> {
  const { status, text } = await exchange(socketPath, method, body);
  const answer = parse(text);
  const pins = status === 200 ? pinsSchema.safeParse(answer).data : undefined;
  if (pins !== undefined) return pins;
  const why =
    problemSchema.safeParse(answer).data?.detail ??
    `${socketPath} answered ${status}, not as a gateway does.`;
  throw new TidegateError("DEPENDENCY_UNAVAILABLE", why);
}

/** What is said where no gateway answers. */
export function nobodyText(where: string): string {
  return `No gateway answers on ${where}. Start one with tidegate start, or name its socket with --socket PATH; the gateway's log says where it is.`;
}

async function exchange(socketPath: string, method: string, body: object | undefined) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(timeout);
  const bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body));
  // Node frames the body of a DELETE only by a length that it is told.
  const headers = { host: "localhost", "content-type": "application/json", "content-length": bytes.length };
  const asked = request({ socketPath, method, path: "/pins", headers, signal }, resolve);
  asked.on("error", (cause) => reject(failure(cause, socketPath)));
  asked.end(bytes);
  const response = await promise;
  return { status: response.statusCode, text: await textOf(response, socketPath) };
}

async function textOf(response: IncomingMessage, socketPath: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > answerLimit) throw new Error("too much");
      chunks.push(bytes);
    }
  } catch (cause) {
    throw failure(cause, socketPath);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function failure(cause: unknown, socketPath: string): TidegateError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const message =
    code === "ENOENT" || code === "ECONNREFUSED"
      ? nobodyText(socketPath)
      : code === "EACCES"
        ? `You may not use ${socketPath}: it is for the user that runs the gateway.`
        : `${socketPath} cannot be asked: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new TidegateError("DEPENDENCY_UNAVAILABLE", message, { cause });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
