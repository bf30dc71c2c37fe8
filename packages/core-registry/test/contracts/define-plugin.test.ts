import { describe, expect, test } from "vitest";
import { checkPlugin } from "../../src/contracts/check-plugin.ts";

const broker = {
  contract: 2,
  name: "test",
  start: async () => undefined,
  stop: async () => undefined,
  call: async () => undefined,
};

describe("S17: a plugin is checked when it is loaded", () => {
  test("a plugin that implements its contract passes, with and without capabilities", () => {
    expect(() => checkPlugin("broker", broker)).not.toThrow();
    expect(() => checkPlugin("broker", { ...broker, publish: async () => undefined })).not.toThrow();
    expect(() => checkPlugin("broker", { ...broker, publish: undefined })).not.toThrow();
  });

  test("a schema can be a function", () => {
    const policy = {
      contract: 2,
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

  test("another contract is refused, without a list of other problems", () => {
    expect(() => checkPlugin("broker", { contract: 2, name: "test", new: 1 })).toThrow(
      "The broker plugin 'test' implements contract 2; this gateway supports contract 1.",
    );
    expect(() => checkPlugin("broker", { ...broker, contract: undefined })).toThrow(
      "implements contract undefined",
    );
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
});
