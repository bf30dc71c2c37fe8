import { describe, expect, test } from "vitest";
import { checkPlugin } from "../../src/contracts/check-plugin.ts";

const broker = {
  contract: 1,
  name: "test",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
};

describe("S17: a plugin is checked when it is loaded", () => {
  test("one that keeps its contract passes, capabilities or not", () => {
    expect(() => checkPlugin("broker", broker)).not.toThrow();
    expect(() => checkPlugin("broker", { ...broker, publish: async () => undefined })).not.toThrow();
    expect(() => checkPlugin("broker", { ...broker, publish: undefined })).not.toThrow();
  });

  test("a schema may be a function", () => {
    const policy = {
      contract: 1,
      key: "ip",
      members: ["ip"],
      schema: () => undefined,
      compile: () => undefined,
    };
    expect(() => checkPlugin("policy", policy)).not.toThrow();
  });

  test("members of a class count", () => {
    class Test {
      readonly contract = 1;
      readonly name = "test";
      create(): number {
        return 1;
      }
    }
    expect(() => checkPlugin("context", new Test())).not.toThrow();
  });

  test("another contract is refused, and nothing else is said of it", () => {
    expect(() => checkPlugin("broker", { contract: 2, name: "test", new: 1 })).toThrow(
      "The broker plugin 'test' keeps contract 2; this gateway knows contract 1.",
    );
    expect(() => checkPlugin("broker", { ...broker, contract: undefined })).toThrow(
      "keeps contract undefined",
    );
  });

  test("an unknown member is refused, with the nearest right one", () => {
    expect(() => checkPlugin("broker", { ...broker, publsih: () => undefined })).toThrow(
      "The broker plugin 'test' has a member 'publsih' that is not known (did you mean 'publish'?).",
    );
  });

  test("everything that is wrong is told at once", () => {
    const { call: _, ...without } = broker;
    expect(() => checkPlugin("broker", { ...without, stop: "now" })).toThrow(
      "The broker plugin 'test' has a member 'stop' that is string, not function; lacks the member 'call'.",
    );
  });

  test("what is no object is no plugin", () => {
    for (const plugin of [undefined, null, "moleculer", () => broker]) {
      expect(() => checkPlugin("broker", plugin)).toThrow(
        expect.objectContaining({ code: "PLUGIN_INVALID" }),
      );
    }
  });
});
