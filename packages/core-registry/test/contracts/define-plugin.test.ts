import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  checkPlugin,
  defineBroker,
  defineContext,
  definePolicy,
  defineProtocol,
} from "../../src/contracts/define-plugin.ts";

const broker = {
  contract: 2,
  name: "test",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
};
const server = { contract: 2, name: "test", contexts: [], start: broker.start, stop: broker.stop };
const schema = z.strictObject({ ip: z.string() });
const policy = { contract: 2, name: "ip", members: ["ip"], schema, compile: () => ({ decide: () => true }) };
const protocol = { contract: 2, name: "RPC", schema, compile: () => ({}) };
const context = { contract: 2, name: "tenant", create: () => 1 };

describe("S17: a plugin is checked when it is loaded", () => {
  test("a plugin that implements its contract passes, with and without capabilities", () => {
    expect(() => checkPlugin("broker", broker)).not.toThrow();
    expect(() => checkPlugin("broker", { ...broker, publish: async () => undefined })).not.toThrow();
    expect(() => checkPlugin("broker", { ...broker, publish: undefined })).not.toThrow();
    expect(() => checkPlugin("policy", policy)).not.toThrow();
    expect(() => checkPlugin("protocol", protocol)).not.toThrow();
    expect(() => checkPlugin("context", context)).not.toThrow();
  });

  test("a schema can be a function", () => {
    const callable = Object.assign(() => undefined, { "~standard": schema["~standard"] });
    expect(() => checkPlugin("policy", { ...policy, schema: callable })).not.toThrow();
  });

  test("members of a class count", () => {
    class Test {
      readonly contract = 2;
      readonly name = "test";
      create(): number {
        return 1;
      }
    }
    expect(() => checkPlugin("context", new Test())).not.toThrow();
  });

  test("another contract is refused, without a list of other problems", () => {
    expect(() => checkPlugin("broker", { contract: 3, name: "test", new: 1 })).toThrow(
      /^The broker plugin 'test' implements contract 3; this gateway supports contract 2\.$/,
    );
    expect(() => checkPlugin("broker", { ...broker, contract: undefined })).toThrow(
      "implements contract undefined",
    );
    expect(() => checkPlugin("broker", { ...broker, contract: "2" })).toThrow("supports contract 2");
  });

  test.each([
    ["broker", "`peers.answer` is `peers.handle`, and `peers.ask` is `peers.request`"],
    ["protocol", "`key` is `name`, `sources` declares what mappings read, `compile` returns `routes`"],
    [
      "policy",
      "`key` is `name`, and a compiled rule has `cache` and `requirements` instead of `memo` and `asks`",
    ],
    ["context", "`dispose` of a value is `close`"],
    ["sandbox", "nothing but the number"],
    ["server", "nothing but the number"],
  ] as const)("a %s of contract 1 is refused with what its author changes", (kind, changes) => {
    const check = () => checkPlugin(kind, { contract: 1, key: "Old", memo: 1 });
    expect(check).toThrow(
      `The ${kind} plugin 'Old' implements contract 1; this gateway supports contract 2. ` +
        `Set \`contract: 2\`; what changed: ${changes}`,
    );
    expect(check).not.toThrow("unknown member");
  });

  test("an unknown member is refused, with the nearest known name", () => {
    expect(() => checkPlugin("broker", { ...broker, publsih: () => undefined })).toThrow(
      "The broker plugin 'test' has an unknown member 'publsih' (did you mean 'publish'?).",
    );
  });

  test("the error lists all problems", () => {
    const { call: _, ...without } = broker;
    expect(() => checkPlugin("broker", { ...without, stop: "now" })).toThrow(
      "The broker plugin 'test' has a member 'stop' of type string instead of function; " +
        "lacks the member 'call'.",
    );
  });

  test("a value that is not an object is refused", () => {
    for (const plugin of [undefined, null, "moleculer", () => broker]) {
      expect(() => checkPlugin("broker", plugin)).toThrow(
        expect.objectContaining({ code: "PLUGIN_INVALID" }),
      );
    }
  });

  test.each([
    ["broker", { ...broker, name: " " }, "has an empty name"],
    ["server", { ...server, name: "" }, "has an empty name"],
    ["protocol", { ...protocol, name: "" }, 'has the name "", which is not a plain name'],
    ["policy", { ...policy, name: "" }, 'has the name "", which is not a plain name'],
    ["context", { ...context, name: "" }, 'has the name "", which is not a plain name'],
    ["context", { ...context, name: "a.b" }, 'has the name "a.b", which is not a plain name'],
  ] as const)("a %s without a usable name is refused: %j", (kind, plugin, problem) => {
    expect(() => checkPlugin(kind, plugin)).toThrow(problem);
  });

  test.each([
    ["protocol", protocol],
    ["policy", policy],
  ] as const)("the schema of a %s validates, and describes what it validates", (kind, plugin) => {
    const { jsonSchema: _, ...undescribed } = schema["~standard"];
    const noStandard = "has a schema that does not implement Standard Schema (`~standard.validate`)";
    expect(() => checkPlugin(kind, { ...plugin, schema: {} })).toThrow(noStandard);
    expect(() => checkPlugin(kind, { ...plugin, schema: { "~standard": {} } })).toThrow(noStandard);
    expect(() => checkPlugin(kind, { ...plugin, schema: { "~standard": undescribed } })).toThrow(
      "has a schema without a JSON Schema (`~standard.jsonSchema.input`)",
    );
  });

  test.each([[7], [""], ["rpc"], ["/"], ["/~x"], [undefined]])("reserving %j is refused", (path) => {
    expect(() => checkPlugin("protocol", { ...protocol, reserved: ["/rpc", path] })).toThrow(
      `The protocol plugin 'RPC' reserves ${JSON.stringify(path)}, which is no path such as '/rpc'.`,
    );
  });

  test("a source cannot have a name of the core, and is described", () => {
    const source = { values: "data", fromClient: true };
    const check = (sources: unknown) => () => checkPlugin("protocol", { ...protocol, sources });
    expect(check({ args: source })).not.toThrow();
    for (const name of ["context", "params", "request", "response", "util"])
      expect(check({ [name]: source })).toThrow(`has a source '${name}', which is a name of the core`);
    expect(check({ "a.b": source })).toThrow("has a source 'a.b', which is not a plain name");
    for (const wrong of ["data", { values: "json", fromClient: true }, { values: "data" }])
      expect(check({ args: wrong })).toThrow(
        'has a source \'args\' without `values` ("text" or "data") and `fromClient`',
      );
  });

  test("a policy has members, none of which belongs to the core", () => {
    const check = (members: unknown[]) => () => checkPlugin("policy", { ...policy, members });
    expect(check([])).toThrow("has no `members`, so no rule can use it");
    expect(check(["ip", 7])).toThrow("has the rule member 7, which is not a plain name");
    for (const name of ["description", "actions", "events"])
      expect(check([name])).toThrow(`has the rule member '${name}', which is a name of the core`);
  });

  test("`peers` of a broker has both of its functions", () => {
    expect(() => checkPlugin("broker", { ...broker, peers: { answer: () => undefined } })).toThrow(
      "has `peers` without the function 'handle'; has `peers` without the function 'request'.",
    );
  });
});

describe("S17: the helpers that define a plugin", () => {
  test("return the definition with the contract's number, checked", () => {
    const { contract: _, ...definition } = policy;
    expect(definePolicy(definition)).toEqual(policy);
    expect(() => definePolicy({ ...definition, members: [] })).toThrow("has no `members`");
    expect(() => defineProtocol({ name: "RPC", schema, compile: () => ({}), reserved: ["rpc"] })).toThrow(
      'reserves "rpc"',
    );
    expect(() => defineContext({ name: "a.b", create: () => 1 })).toThrow("a.b");
    const { contract: __, ...ofBroker } = broker;
    expect(() => defineBroker({ ...ofBroker, name: "" })).toThrow("has an empty name");
  });
});
