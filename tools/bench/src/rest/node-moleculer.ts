import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Errors } from "moleculer";
import { contend } from "../harness/contender.ts";
import { createScopeCheck } from "./authorization.ts";
import { bodyLimit, startNodes } from "./nodes.ts";
import { player } from "./services.ts";

type Handler = (request: IncomingMessage, id: string) => unknown;

await contend(async () => {
  const broker = await startNodes();
  const checkScope = createScopeCheck();
  const handlers: Readonly<Record<string, Handler>> = {
    "GET /players": (_, id) => broker.call("player.get", { id }),
    "POST /created": async (request) => broker.call("player.create", await readJson(request)),
    "GET /mapped": (_, id) => ({ ...player, id: Number(id) }),
    "GET /scoped": async (request, id) => {
      await checkScope(request.headers.authorization);
      return broker.call("player.getScoped", { id });
    },
    "GET /remote": (_, id) => broker.call("remote.get", { id }),
  };
  const server = createServer((request, response) => void answer(handlers, request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
});

async function answer(
  handlers: Readonly<Record<string, Handler>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = "" } = request;
  const slash = url.indexOf("/", 1);
  const [root, id] = slash === -1 ? [url, ""] : [url.slice(0, slash), url.slice(slash + 1)];
  const handler = handlers[`${method} ${root}`];
  try {
    if (handler === undefined) throw new Errors.MoleculerClientError("No route matches this path.", 404);
    send(response, 200, await handler(request, id));
  } catch (error) {
    const code = error instanceof Errors.MoleculerError ? error.code : 500;
    send(response, code, { message: String(error) });
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  const length = Buffer.byteLength(text);
  response.writeHead(status, [
    "content-type",
    "application/json; charset=utf-8",
    "content-length",
    String(length),
  ]);
  response.end(text);
}

function readJson(request: IncomingMessage): Promise<object> {
  const { promise, resolve, reject } = Promise.withResolvers<object>();
  const chunks: Buffer[] = [];
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= bodyLimit) chunks.push(chunk);
    else reject(new Errors.MoleculerClientError("The body is too large.", 413));
  });
  request.on("error", reject);
  request.on("end", () => {
    try {
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    } catch {
      reject(new Errors.MoleculerClientError("The body is no JSON.", 400));
    }
  });
  return promise;
}
