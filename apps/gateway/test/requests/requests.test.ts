import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import type { BrokerOptions } from "moleculer";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createDefaultGateway } from "../../src/default-gateway.ts";

/** The gateway of all tests, and how it and its service are stopped. */
let url = "";
const stops: (() => Promise<unknown>)[] = [];
/** One connection for all chunked bodies: a body that was not read to its end would block it. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** A gateway and a service in a process of its own, over TCP. */
beforeAll(async () => {
  const [gatewayPort, servicePort] = [await freePort(), await freePort()];
  const urls = `tcp://127.0.0.1:${gatewayPort}/gateway,tcp://127.0.0.1:${servicePort}/service`;
  const optionsOf = (nodeID: string): BrokerOptions => ({
    nodeID,
    namespace: `requests-${process.pid}`,
    logger: false,
    validator: true,
    transporter: {
      type: "TCP",
      options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 },
    },
  });
  const script = join(import.meta.dirname, "service.ts");
  const given = JSON.stringify(optionsOf("service"));
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", script, given]);
  const exited = once(child, "exit");
  stops.push(() => {
    child.kill("SIGKILL");
    return exited;
  });
  await once(child.stdout, "data");
  const gateway = createDefaultGateway({
    brokers: [moleculer(optionsOf("gateway"))],
    protocols: [rest(), webSocket()],
    policies: [],
    server: h3Server({ host: "127.0.0.1", port: 0 }),
    logger: silentLogger,
  });
  stops.push(() => gateway.stop());
  const [listening] = await gateway.start();
  url = `http://127.0.0.1:${listening?.port}/echo`;
  await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), { timeout: 30_000 });
}, 60_000);

afterAll(async () => {
  agent.destroy();
  for (const stop of stops.reverse()) await stop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: await response.json() };
}

async function get(query: string): Promise<Answer> {
  return answerOf(await fetch(`${url}${query}`));
}

async function post(path: string, body: string | null, type: string | undefined): Promise<Answer> {
  const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
  const init = { method: "POST", headers, body };
  return answerOf(await fetch(url + path, init));
}

const postJson = (path: string, text: string): Promise<Answer> => post(path, text, "application/json");
const postForm = (path: string, text: string): Promise<Answer> =>
  post(path, text, "application/x-www-form-urlencoded");

/** Sends these parts as a chunked body. */
async function postChunks(path: string, parts: readonly string[], type: string | undefined): Promise<Answer> {
  const headers = { "transfer-encoding": "chunked", ...(type === undefined ? {} : { "content-type": type }) };
  const client = request(url + path, { method: "POST", headers, agent });
  for (const part of parts) client.write(part);
  client.end();
  const [response] = (await once(client, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: JSON.parse(await text(response)) };
}

describe("S3.2 numbers that would change are refused by name", () => {
  test.each([
    ['{"n": 9007199254740993}', "n", "9007199254740993"],
    ['{"n": -9007199254740993}', "n", "-9007199254740993"],
    ['{"n": 1e400}', "n", "1e400"],
    ['{"n": -1E+400}', "n", "-1E+400"],
    ['{"n": 1e-400}', "n", "1e-400"],
    ['{"n": 9007199254740993.0}', "n", "9007199254740993.0"],
    ['{"n": 9.007199254740993e15}', "n", "9.007199254740993e15"],
    ['{"n": 0.1234567890123456789}', "n", "0.1234567890123456789"],
    ['{"list": [1, [2], 12345678901234567890]}', "list[2]", "12345678901234567890"],
    ['{"a": {"b c": [{"n": 1}, {"n,": 9007199254740993}]}}', 'a["b c"][1]["n,"]', "9007199254740993"],
  ])("JSON %s", async (text, parameter, found) => {
    for (const path of ["", "/mapped", "/body"]) {
      const { status, body } = await postJson(path, text);
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { code: "BAD_USER_INPUT", data: { parameter, found } },
      });
      expect(Object(body).detail).toContain(`\`${parameter}\` must be`);
    }
  });

  test("also in a patch document", async () => {
    const body = '{"n": 9007199254740993}';
    const headers = { "content-type": "application/merge-patch+json" };
    expect((await fetch(url, { method: "PATCH", headers, body })).status).toBe(400);
  });

  test.each(["9007199254740993.0", "9007199254740993", "9007199254740993e0", "1e400", "1e-400", "-1e999"])(
    "?n=%s and the same in a form",
    async (text) => {
      const expected = { status: 400, body: { code: "BAD_USER_INPUT", data: { parameter: "n" } } };
      expect(await get(`?n=${text}`)).toMatchObject(expected);
      expect(await postForm("", `n=${text}`)).toMatchObject(expected);
      expect(await postForm("/mapped", `n=${text}`)).toMatchObject(expected);
    },
  );

  test("numbers that are kept arrive as they were sent", async () => {
    const text =
      '{"n":9007199254740991,"list":[1e21,0.1,-1.5e-7,0.30000000000000004,5e-324,0.10000000000000001]}';
    expect(await postJson("", text)).toEqual({ status: 200, body: { params: JSON.parse(text) } });
    expect(await get("?n=9007199254740991.0&list=1e21&list=.5")).toEqual({
      status: 200,
      body: { params: { n: 9007199254740991, list: [1e21, 0.5] } },
    });
  });

  test("digits in strings are no numbers", async () => {
    const text = '{"text":"9007199254740993 \\" 1e400"}';
    expect(await postJson("", text)).toEqual({ status: 200, body: { params: JSON.parse(text) } });
  });

  test("a message of a WebSocket is answered by an error frame", async () => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    socket.send('{"n": 9007199254740993}');
    const [frame] = await once(socket, "message");
    expect(JSON.parse(String(frame))).toMatchObject({
      error: { code: "BAD_USER_INPUT", data: { parameter: "n" } },
    });
  });
});

describe("S4.3 an empty body is no body", () => {
  test.each(["application/json", "application/x-www-form-urlencoded", "text/plain", "image/png", undefined])(
    "of type %s: with the length 0, chunked, and without both",
    async (type) => {
      for (const path of ["/body", "/file"]) {
        const answers = await Promise.all([
          post(path, "", type),
          postChunks(path, [], type),
          post(path, null, type),
        ]);
        const nothing = path === "/body" ? { params: {} } : { file: null, params: {} };
        expect(answers).toEqual(Array.from({ length: 3 }, () => ({ status: 200, body: nothing })));
      }
    },
  );

  test("a chunked file arrives whole", async () => {
    expect(await postChunks("/file", ["a", "x".repeat(200_000), "b"], "image/png")).toEqual({
      status: 200,
      body: { file: 200_002 },
    });
    expect(await post("/file", "ab", "image/png")).toEqual({ status: 200, body: { file: 2 } });
  });

  test("a chunked file that no action reads leaves the connection usable", async () => {
    for (const size of [1, 200_000, 1]) {
      expect(await postChunks("/unread", ["x".repeat(size), "y"], "image/png")).toEqual({
        status: 200,
        body: { params: { t: "image/png" } },
      });
    }
  });
});

describe("S3.3 forms are text", () => {
  test("fields are cast to the declared types, as those of a query", async () => {
    const text = "n=7.5&list=1&list=2&on=true&text=5&either=9&more=x";
    const params = { n: 7.5, list: [1, 2], on: true, text: "5", either: "9" };
    expect(await postForm("", text)).toEqual({ status: 200, body: { params } });
    expect(await get(`?${text}`)).toEqual({ status: 200, body: { params } });
  });

  test("one value of a list, and the bare flag", async () => {
    expect((await postForm("", "list=3&on=")).body).toEqual({ params: { list: [3], on: true } });
  });

  test.each(["n=", "n=x", "n=1&n=2", "list=1&list=x", "on=maybe"])("%s answers 400", async (text) => {
    const parameter = text.slice(0, text.indexOf("="));
    const expected = { status: 400, body: { code: "BAD_USER_INPUT", data: { parameter } } };
    expect(await postForm("", text)).toMatchObject(expected);
    expect(await get(`?${text}`)).toMatchObject(expected);
  });

  test("the values of JSON are not cast", async () => {
    expect((await postJson("", '{"n":"7"}')).status).toBe(422);
    expect((await postJson("", '{"list":["1"]}')).status).toBe(422);
  });
});

describe("S4.3 malformed percent-encoding in a form", () => {
  test.each(["%ff", "%E0%A4%A", "%", "%zz", "%ED%A0%80"])("%s answers 400", async (text) => {
    for (const field of [`text=${text}`, `${text}=1`])
      expect(await postForm("", field)).toMatchObject({ status: 400, body: { code: "BODY_MALFORMED" } });
    expect(await get(`?text=${text}`)).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
  });
});
