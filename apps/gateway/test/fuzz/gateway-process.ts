import { moleculer } from "@tidegate/broker-moleculer";
import { defineContext, silentLogger } from "@tidegate/core-registry";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { createDefaultGateway } from "../../src/default-gateway.ts";

// A gateway in a process of its own, which measures the CPU time of its main thread.
const names = ["accept", "cookie", "content-type", "host", "range", "x-a", "x-b"];
const headers = defineContext({
  name: "headers",
  create: ({ request }) => Object.fromEntries(names.map((name) => [name, request.header(name) ?? null])),
});
const readToken = ({ credentials }: { readonly credentials: string }) => ({
  identity: credentials,
  scope: ["any"],
});
const gateway = createDefaultGateway({
  brokers: [moleculer(JSON.parse(process.argv[2] ?? ""))],
  protocols: [rest(), graphql(), webSocket()],
  policies: [scope(), filter()],
  contexts: [headers],
  server: h3Server({
    host: "127.0.0.1",
    port: 0,
    auth: { Bearer: readToken, Basic: readToken },
    branch: { header: "x-branch", cookie: "branch" },
    trustedProxies: ["127.0.0.1"],
  }),
  logger: silentLogger,
});
const [listening] = await gateway.start();

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The longest turn of the event loop since `watch`, in milliseconds of CPU time. */
let longestTurn = 0;
let isWatching = false;

function watchTurns(last: number): void {
  const now = cpuMs();
  longestTurn = Math.max(longestTurn, now - last);
  if (isWatching) setImmediate(watchTurns, now);
}

process.on("message", (asked: "cpu" | "watch" | "longest") => {
  if (asked === "watch") {
    [longestTurn, isWatching] = [0, true];
    setImmediate(watchTurns, cpuMs());
  } else if (asked === "longest") isWatching = false;
  process.send?.(asked === "longest" ? longestTurn : cpuMs());
});
process.on("disconnect", () => process.exit());
process.send?.(listening?.port);
