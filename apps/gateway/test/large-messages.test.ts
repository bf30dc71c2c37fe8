import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import type { BrokerOptions } from "moleculer";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDefaultGateway } from "../src/default-gateway.ts";

const mebibyte = 1_024 * 1_024;

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}

/** A gateway and a service in a process of its own, over TCP. Returns the URL of the service's routes. */
async function startSystem(hasPreset: boolean) {
  const [gatewayPort, servicePort] = [await freePort(), await freePort()];
  const urls = `tcp://127.0.0.1:${gatewayPort}/gateway,tcp://127.0.0.1:${servicePort}/service`;
  const optionsOf = (nodeID: string): BrokerOptions => ({
    nodeID,
    namespace: `large-${process.pid}`,
    logger: false,
    transporter: {
      type: "TCP",
      options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 },
    },
  });
  const given = JSON.stringify({ options: optionsOf("service"), hasPreset });
  const script = join(import.meta.dirname, "large-messages-process.ts");
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", script, given]);
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  await once(child.stdout, "data");
  const gateway = createDefaultGateway({
    brokers: [moleculer(optionsOf("gateway"))],
    protocols: [rest()],
    policies: [],
    server: h3Server({ host: "127.0.0.1", port: 0, bodyBytes: 64 * mebibyte }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  const [listening] = await gateway.start();
  const url = `http://127.0.0.1:${listening?.port}/large`;
  await expect.poll(async () => (await fetch(`${url}/text/1`)).status, { timeout: 30_000 }).toBe(200);
  return { url, exitCode: () => child.exitCode };
}

const post = (url: string, body: string, type = "application/json") =>
  fetch(url, { method: "POST", body, headers: { "content-type": type } });

const textBody = (length: number) => JSON.stringify({ text: "x".repeat(length) });

/** Starts 20 requests that wait in the service, and returns a function that ends them. */
function holdRequests(url: string): () => Promise<readonly number[]> {
  const held = Array.from({ length: 20 }, async () => (await fetch(`${url}/hold`)).status);
  return async () => {
    await fetch(`${url}/release`);
    return Promise.all(held);
  };
}

const allFine = Array.from({ length: 20 }, () => 200);

describe("large requests and replies through the gateway (S13.1, S12.5)", () => {
  test("with the preset are served up to 16 MiB, then refused, and fail no other request", {
    timeout: 60_000,
  }, async () => {
    const { url, exitCode } = await startSystem(true);
    const release = holdRequests(url);
    const control = await post(`${url}/text`, "\u0001".repeat(180_000), "text/plain");
    expect([control.status, await control.text()]).toEqual([200, '{"length":180000}']);
    const json = await post(url, textBody(1_048_500 - textBody(0).length));
    expect([json.status, await json.text()]).toEqual([200, `{"length":${1_048_500 - textBody(0).length}}`]);
    expect((await post(url, textBody(5 * mebibyte))).status).toBe(200);
    expect((await (await fetch(`${url}/text/${5 * mebibyte}`)).text()).length).toBe(5 * mebibyte + 11);

    const refused = await post(url, textBody(20 * mebibyte));
    expect([refused.status, await refused.json()]).toMatchObject([413, { code: "MESSAGE_TOO_LARGE" }]);
    const tooLong = await fetch(`${url}/text/${20 * mebibyte}`);
    expect([tooLong.status, await tooLong.json()]).toMatchObject([500, { code: "MESSAGE_TOO_LARGE" }]);
    expect(await release()).toEqual(allFine);
    expect(exitCode()).toBeNull();
  });

  test("without the preset are refused where a packet cannot carry them, and fail no other request", {
    timeout: 60_000,
  }, async () => {
    const { url, exitCode } = await startSystem(false);
    const release = holdRequests(url);
    const control = await post(`${url}/text`, "\u0001".repeat(180_000), "text/plain");
    expect([control.status, await control.json()]).toMatchObject([413, { code: "MESSAGE_TOO_LARGE" }]);
    expect((await post(url, textBody(1_048_500))).status).toBe(413);
    expect((await post(url, textBody(900_000))).status).toBe(200);
    expect((await (await fetch(`${url}/text/${5 * mebibyte}`)).text()).length).toBe(5 * mebibyte + 11);
    expect(await release()).toEqual(allFine);
    expect(exitCode()).toBeNull();
  });

  test("errors that cannot be sent, and bytes, reach the client (S4.4, S4.5, S8)", async () => {
    const { url, exitCode } = await startSystem(true);
    const broken = await fetch(`${url}/broken`);
    expect([broken.status, await broken.json()]).toMatchObject([
      409,
      { code: "BROKEN", data: { circular: { kept: "yes" }, kept: 1 } },
    ]);
    expect((await post(`${url}/number`, JSON.stringify({ n: "x".repeat(1_047_500) }))).status).toBe(422);
    const file = await fetch(`${url}/file`);
    expect(file.headers.get("content-type")).toBe("application/octet-stream");
    expect(Buffer.from(await file.arrayBuffer()).toString("hex")).toBe("00ff01");
    const photo = await (await fetch(`${url}/photo`)).text();
    expect(photo).toBe('{"photo":"AP8B","taken":"1970-01-01T00:00:00.000Z","size":null}');
    expect(exitCode()).toBeNull();
  });
});
