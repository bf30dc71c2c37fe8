import { type CallConfig, defineProtocol, silentLogger } from "@tidegate/core-registry";
import { scope } from "@tidegate/policy-scope";
import { h3Server } from "@tidegate/server-h3";
import { expect, test } from "vitest";
import { z } from "zod";
import { createDefaultGateway } from "../../src/default-gateway.ts";

/** A third party's protocol: each topic calls an action; its messages have a `room` and any `data`. */
const topics = defineProtocol({
  name: "Topics",
  schema: z.record(z.string(), z.custom<CallConfig>()),
  sources: { message: { values: "data", fromClient: true } },
  compile: (input, { connectors, origin }) => {
    for (const [topic, call] of Object.entries(input)) {
      const known = { message: { room: "scalar", data: "any" } } as const;
      connectors.compile({ call }, { jsonPath: `${origin.jsonPath}.${topic}`, known });
    }
    return {};
  },
});

test("S1.7: a protocol of a third party gets the warnings by what it says of its sources", async () => {
  const { registry } = createDefaultGateway({
    brokers: [],
    protocols: [topics],
    policies: [scope()],
    server: h3Server({ port: 0, auth: { Bearer: () => undefined } }),
    logger: silentLogger,
  });
  const said: CallConfig = {
    action: "chat.say",
    params: { room: "@message.rom", text: "@message.data.text" },
    if: "({ message }) => message.roomm !== '' && message.data.text !== ''",
    map: "({ request }) => request.mesage.room",
  };
  const policy = { call: [{ actions: ["chat.sya"], scope: ["player"] }] };
  const { findings } = await registry.check({
    service: "chat",
    fragment: { policy, protocol: { Topics: { said } } },
  });
  const warnings = findings.filter(
    ({ severity, code }) => severity === "warning" && code !== "ACTION_UNKNOWN",
  );
  expect(warnings.map(({ code, jsonPath, hint }) => [code, jsonPath, hint])).toEqual([
    ["FUNCTION_MEMBER_UNKNOWN", "protocol.Topics.said.call.if", "Did you mean `message.room`?"],
    ["PARAMS_NEVER", "protocol.Topics.said.call.params.room", "Did you mean `@message.room`?"],
    ["FUNCTION_MEMBER_UNKNOWN", "protocol.Topics.said.call.map", "Did you mean `request.message`?"],
    ["RULE_MATCHES_NOTHING", "policy.call[0].actions[0]", "Did you mean `chat.say`?"],
  ]);
});
