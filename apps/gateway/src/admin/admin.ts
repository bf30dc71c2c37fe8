import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { isTidegateError, type Logger, TidegateError } from "@tidegate/core-registry";
import { type AdminRegistry, answerAdmin } from "./answer.ts";
import { listenOn } from "./own-socket.ts";
import { defaultSocket } from "./socket-path.ts";

/** Where the admin socket is. */
export interface AdminOptions {
  /**
   * The path of its Unix domain socket. Default: `tidegate-PORT.sock` in a folder of this user's, below `XDG_RUNTIME_DIR` or the
   * folder for temporary files.
   */
  readonly socket?: string;
}

/** What the admin socket is opened with. */
export interface AdminInput extends AdminOptions {
  /** What it changes. */
  readonly registry: AdminRegistry;
  /** The port that the gateway listens on. */
  readonly port: number;
  /** Where a person reads. */
  readonly logger: Logger;
}

/** The open admin socket (S9.11). */
export interface Admin {
  /** Its path. */
  readonly socket: string;
  /** Ends its connections and removes it. Idempotent. */
  close(): Promise<void>;
}

const limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 8_192,
};
const mostConnections = 16;

/**
 * Opens the admin socket: only the user that runs the gateway may use it. Where none was named and none can be made, there
 * is none, and the log says so.
 * @throws {TidegateError} `CONFIG_INVALID` where the one that was named cannot be opened
 */
export async function openAdmin(input: AdminInput): Promise<Admin | undefined> {
  const { logger } = input;
  try {
    return await open(input, input.socket ?? (await defaultSocket(input.port)));
  } catch (error) {
    if (input.socket !== undefined || !isTidegateError(error)) throw error;
    logger.warn(`${error.message} Nothing can be pinned; admin.socket names another place.`);
    return undefined;
  }
}

async function open({ registry, logger }: AdminInput, socket: string): Promise<Admin> {
  const server = createServer(
    limits,
    (request, response) => void respond(request, response, registry, logger),
  );
  server.maxConnections = mostConnections;
  const remove = await listenOn(server, socket);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    remove();
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
  logger: Logger,
): Promise<void> {
  try {
    send(response, 200, "application/json", await answerAdmin(request, registry));
  } catch (error) {
    if (!isTidegateError(error)) logger.error("The admin socket could not answer.", error);
    const { status, code, message, details } = isTidegateError(error) ? error : new TidegateError("INTERNAL");
    const problem = { type: "about:blank", title: STATUS_CODES[status], status, detail: message, code };
    for (const [name, value] of details.headers ?? []) response.setHeader(name, value);
    send(response, status, "application/problem+json", problem);
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
