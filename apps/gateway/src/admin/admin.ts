import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { isTidegateError, type Logger, TidegateError } from "@tidegate/core-registry";
import type { Registry } from "@tidegate/core-registry/registry";
import type { z } from "zod";
import { callerHeader, type Pins, pinSchema, pinTargetSchema } from "./pins.ts";
import { defaultSocketPath, listenPrivately } from "./socket.ts";

/** Options of the admin socket (S9.11). */
export interface AdminOptions {
  /**
   * Path of the Unix domain socket. Default: `tidegate-PORT.sock` in a folder that only this user can enter,
   * below `XDG_RUNTIME_DIR` or the folder for temporary files.
   */
  readonly socket?: string;
}

/** The part of a registry that the admin socket reads and changes. */
export type AdminRegistry = Pick<Registry, "branches" | "pin" | "unpin">;

/** The options and dependencies of `openAdmin`. */
export interface AdminInput extends AdminOptions {
  readonly registry: AdminRegistry;
  /** The port that the gateway listens on. It is part of the default path. */
  readonly port: number;
  readonly logger: Logger;
}

/** The open admin socket of a gateway (S9.11). */
export interface Admin {
  /** The path of the Unix domain socket. */
  readonly socket: string;
  /** Closes all connections and removes the socket. Idempotent. */
  close(): Promise<void>;
}

const httpLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 8_192,
};
const maxConnections = 16;
const maxBodyBytes = 4_096;
const methods = ["GET", "POST", "DELETE"];

/**
 * Opens the admin socket, which only the user that runs the gateway can use. If no path is configured and the
 * default one cannot be opened, logs a warning and returns undefined.
 * @throws {TidegateError} `CONFIG_INVALID` if the configured socket cannot be opened
 */
export async function openAdmin(input: AdminInput): Promise<Admin | undefined> {
  const { logger } = input;
  try {
    return await open(input, input.socket ?? (await defaultSocketPath(input.port)));
  } catch (error) {
    if (input.socket !== undefined || !isTidegateError(error)) throw error;
    logger.warn(
      `${error.message} The gateway runs without an admin socket: versions cannot be pinned. ` +
        "Set admin.socket to another path.",
    );
    return undefined;
  }
}

async function open({ registry, logger }: AdminInput, socket: string): Promise<Admin> {
  const server = createServer(
    httpLimits,
    (request, response) => void respond(request, response, registry, { logger, socket }),
  );
  server.maxConnections = maxConnections;
  const removeSocket = await listenPrivately(server, socket);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    removeSocket();
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await ended;
  };
  return {
    socket,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  registry: AdminRegistry,
  { logger, socket }: { readonly logger: Logger; readonly socket: string },
): Promise<void> {
  try {
    send(response, 200, "application/json", await handle(request, registry, socket));
  } catch (error) {
    if (!isTidegateError(error)) logger.error("The admin socket could not answer a request.", error);
    const { status, code, message, details } = isTidegateError(error) ? error : new TidegateError("INTERNAL");
    const problem = { type: "about:blank", title: STATUS_CODES[status], status, detail: message, code };
    for (const [name, value] of details.headers ?? []) response.setHeader(name, value);
    send(response, status, "application/problem+json", problem);
  }
}

/**
 * Handles one request (S9.11): `GET /pins`, `POST /pins` with `{ branch, service?, to }`, `DELETE /pins` with
 * `{ branch, service? }`. Every answer lists the pins after the request.
 */
async function handle(request: IncomingMessage, registry: AdminRegistry, socket: string): Promise<Pins> {
  if (request.url !== "/pins")
    throw new TidegateError("NOT_FOUND", "The admin socket serves only the path /pins.");
  const who = callerOf(request, socket);
  if (request.method === "POST") await registry.pin(await readBody(request, pinSchema), who);
  else if (request.method === "DELETE") await registry.unpin(await readBody(request, pinTargetSchema), who);
  else if (request.method !== "GET")
    throw new TidegateError("METHOD_NOT_ALLOWED", undefined, { headers: [["allow", methods.join(", ")]] });
  return { pins: registry.branches().flatMap(({ pins }) => pins) };
}

/**
 * The caller, for log and reports. Node does not show the peer of a Unix domain socket, which only this user
 * can open: the command line names its process and user itself.
 */
function callerOf({ headers }: IncomingMessage, socket: string): string {
  const { [callerHeader]: caller } = headers;
  const through = `the admin socket ${socket}`;
  return typeof caller === "string" && /^[\w .@-]{1,100}$/.test(caller)
    ? `${caller}, through ${through}`
    : through;
}

async function readBody<Data>(request: IncomingMessage, schema: z.ZodType<Data>): Promise<Data> {
  const result = schema.safeParse(parseJson(await readText(request)));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new TidegateError("BAD_REQUEST", `${issue?.path.join(".") || "The body"}: ${issue?.message}`);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // The iterator must not destroy the request: a refused request still gets its answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBodyBytes)
      throw new TidegateError("BODY_TOO_LARGE", `The body exceeds the limit of ${maxBodyBytes} bytes.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TidegateError("BODY_MALFORMED", "The body is not valid JSON.", { cause });
  }
}

function send(response: ServerResponse, status: number, type: string, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    connection: "close",
  });
  response.end(text);
}
