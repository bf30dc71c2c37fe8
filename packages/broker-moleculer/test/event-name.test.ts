import { describe, expect, test } from "vitest";
import { eventNameProblem } from "../src/event-name.ts";

describe("names of events that are sent (S6.5)", () => {
  test.for(["a", "player.created", "a-b_c", "größe.x", "a".repeat(256)])("%s is valid", (name) => {
    expect(eventNameProblem(name)).toBeUndefined();
  });

  test.for([
    ["", "segment"],
    [".a", "segment"],
    ["a.", "segment"],
    ["a..b", "segment"],
    ["$node.x", "`$`"],
    ["a".repeat(257), "256"],
    ["a\nb", '"\\n"'],
    ...Array.from("*?!{}[]()|/\\\"'", (character) => [`a${character}b`, JSON.stringify(character)]),
  ] as const)("%j is invalid", ([name, reason]) => {
    expect(eventNameProblem(name)).toContain(reason);
  });
});
