import { type IncomingMessage, request } from "node:http";
import { userInfo } from "node:os";
import { TidegateError } from "@tidegate/core-registry";
import { z } from "zod";
import { callerHeader, type Pins, pinsSchema } from "./pins.ts";
import { noGatewayText } from "./socket.ts";

const timeoutMs = 15_000;
const maxAnswerBytes = 10_485_760;

const problemSchema = z.looseObject({ detail: z.string() });

/**
 * Sends a request to the admin socket of a gateway.
 * @param body the body of `POST` and `DELETE`
 * @throws {TidegateError} `DEPENDENCY_UNAVAILABLE` if no gateway answers, or it refuses; the message says
 * what to do
 */
export async function requestAdmin(
  socketPath: string,
  method: "GET" | "POST" | "DELETE",
  body?: object,
): Promise<Pins> {
  const { status, text } = await exchange(socketPath, method, body);
  const answer = parseJson(text);
  const pins = status === 200 ? pinsSchema.safeParse(answer).data : undefined;
  if (pins !== undefined) return pins;
  const problem = problemSchema.safeParse(answer).data;
  throw new TidegateError(
    "DEPENDENCY_UNAVAILABLE",
    problem?.detail ?? `${socketPath} answered ${status}. It is not a Tidegate gateway.`,
  );
}

async function exchange(socketPath: string, method: string, body: object | undefined) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(timeoutMs);
  const bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body));
  // Node sends the body of a DELETE correctly framed only if its length is set.
  const headers = {
    host: "localhost",
    "content-type": "application/json",
    "content-length": bytes.length,
    [callerHeader]: `process ${process.pid} of ${userName()}`,
  };
  const sent = request({ socketPath, method, path: "/pins", headers, signal }, resolve);
  sent.on("error", (cause) => reject(failure(cause, socketPath)));
  sent.end(bytes);
  const response = await promise;
  return { status: response.statusCode, text: await readText(response, socketPath) };
}

/** The name of the user that runs this process, else its number. */
function userName(): string {
  try {
    return userInfo().username.replaceAll(/[^\w.@-]/g, "_");
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

async function readText(response: IncomingMessage, socketPath: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > maxAnswerBytes) throw new Error(`the answer exceeds ${maxAnswerBytes} bytes`);
      chunks.push(bytes);
    }
  } catch (cause) {
    throw failure(cause, socketPath);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function failure(cause: unknown, socketPath: string): TidegateError {
  return new TidegateError("DEPENDENCY_UNAVAILABLE", failureText(cause, socketPath), { cause });
}

function failureText(cause: unknown, socketPath: string): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ECONNREFUSED") return noGatewayText(socketPath);
  if (code === "EACCES")
    return `Permission denied: ${socketPath} can be used only by the user that runs the gateway.`;
  return `The request to ${socketPath} failed: ${cause instanceof Error ? cause.message : String(cause)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
