import { describe, expect, test } from "vitest";
import {
  actionNameProblem,
  eventNameProblem,
  nameMatcher,
  namePatternProblem,
  overlaps,
} from "../../src/runtime/names.ts";
import { fc, propertyOf } from "./connectors/property.ts";

/** The same, written as directly as can be. */
function naive(pattern: readonly string[], name: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return name.length === 0;
  if (name.length === 0) return false;
  if (first !== "**") return naiveSegment(first, name[0] ?? "") && naive(rest, name.slice(1));
  return name.some((_, index) => naive(rest, name.slice(index + 1)));
}

function naiveSegment(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern[0] !== "*")
    return pattern[0] === text[0] && text !== "" && naiveSegment(pattern.slice(1), text.slice(1));
  return naiveSegment(pattern.slice(1), text) || (text !== "" && naiveSegment(pattern, text.slice(1)));
}

/** What a pattern can contain of ASCII beside letters, digits, dots and stars, and two others. */
const signs = [..."#$%&+,-:;<=>@^_`~ ", "é", "😀"];

function wildcards(segments: readonly string[]): number {
  return segments.join(".").match(/\*+/g)?.length ?? 0;
}

/** Refused in names of actions and events and in patterns. */
const refused = [
  ...[
    "!a",
    "{a,b}",
    "[ab]",
    "a(b)",
    "a?b",
    "a?",
    "a)b",
    "a|b",
    "a/b",
    "a\\b",
    'a"b',
    "a'b",
    "a\nb",
    "a\u0000",
    "\u007f",
  ],
  ...["a..b", ".a", "a.", "", "a".repeat(257)],
];

describe("S7.1 patterns of names", () => {
  test.each([
    ["player.**", "player.get", true],
    ["player.**", "player.message.list", true],
    ["player.**", "player", false],
    ["**", "player", true],
    ["**", "a.b.c", true],
    ["*", "player", true],
    ["*", "player.get", false],
    ["*.get", "player.get", true],
    ["player.get*", "player.getAll", true],
    ["player.get*", "player.get", true],
    ["player.get*", "player.get.all", false],
    ["**.get", "player.get", true],
    ["**.get", "get", false],
    ["a.**.z", "a.b.c.z", true],
    ["a.**.z", "a.z", false],
    ["player.get", "playerXget", false],
    ["v*.player", "v2.player", true],
  ])("%s and %s: %s", (pattern, name, matches) => {
    expect(nameMatcher(pattern)(name)).toBe(matches);
  });

  // Few letters, so that many names match; then every character that a pattern can contain.
  test.each([
    ["few letters", ["a", "b"], ["a", "b"]],
    [
      "what names cannot contain",
      ["a", "b"],
      ["a", "b", ..."/\\|\"'!?()[]{}*", "\n", "\r", "\u2028", "\u0000"],
    ],
    ["every sign of a pattern", signs, signs],
    ["every sign beside letters", ["a", ...signs], ["a", ...signs]],
  ])("as a direct implementation of the rule, with %s", (_, inPatterns, inNames) => {
    const text = (units: readonly string[]) =>
      fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength: 5 });
    const glob = text([...inPatterns, "*", "*"]).filter((segment) => !segment.includes("**"));
    const pattern = fc
      .array(fc.oneof(text(inPatterns), glob, fc.constant("**")), { minLength: 1, maxLength: 5 })
      .filter((parts) => wildcards(parts) <= 8);
    const free = fc.array(text(inNames), { minLength: 1, maxLength: 5 });
    // Most free names match no pattern: others replace the wildcards of a pattern.
    const pair = fc.tuple(pattern, free).chain(([parts, name]) => {
      const replaced = parts.map((part) => part.replaceAll("*", name[0] ?? "")).join(".");
      return fc.tuple(fc.constant(parts), fc.constantFrom(name, replaced.split(".")));
    });
    let matching = 0;
    propertyOf(pair, ([parts, name]) => {
      const written = parts.join(".");
      expect(namePatternProblem(written)).toBeUndefined();
      expect(nameMatcher(written)(name.join("."))).toBe(naive(parts, name));
      if (naive(parts, name)) matching++;
    });
    expect(matching).toBeGreaterThan(30);
  });

  test.each([
    ["*a".repeat(8), "a".repeat(256)],
    [`${"*a".repeat(7)}*b`, "a".repeat(256)],
    [`${"*ab".repeat(7)}*c`, "ab".repeat(128)],
    [`${"**.".repeat(8)}b`, Array(128).fill("a").join(".")],
    ["**.*a*b.**.*a*b.**", Array(85).fill("aa").join(".")],
  ])("%s takes little time for a hostile name", (pattern, name) => {
    expect(namePatternProblem(pattern)).toBeUndefined();
    const matches = nameMatcher(pattern);
    const { user } = process.threadCpuUsage();
    expect(matches(name)).toBe(pattern.endsWith("a"));
    expect(process.threadCpuUsage().user - user).toBeLessThan(100_000);
  });

  test("a pattern has at most 8 wildcards", () => {
    for (const eight of ["*a".repeat(8), "*.".repeat(7).concat("*"), "**.".repeat(7).concat("**")]) {
      expect(namePatternProblem(eight)).toBeUndefined();
      expect(namePatternProblem(`${eight}.*`)).toBe("A pattern can have at most 8 wildcards: `*` or `**`.");
    }
  });

  test.each([`${"*a".repeat(60)}b`, `${"**.".repeat(60)}b`, "a**", "{a,b}*", "a?*", "a|b.*"])(
    "%s is no pattern, so it matches only itself",
    (text) => {
      expect(nameMatcher(text)(text)).toBe(true);
      for (const name of ["ab", "b", "a", "a|b.c", "ab*", "a".repeat(120).concat("b"), `${"a.".repeat(60)}b`])
        expect(nameMatcher(text)(name)).toBe(false);
    },
  );

  test.each([...refused, "a**", "a.**b"])("%j is refused", (pattern) => {
    expect(namePatternProblem(pattern)).toEqual(expect.any(String));
  });
});

describe("S7.2 patterns that overlap", () => {
  test.each([
    ["player.*", "player.**", true],
    ["player.*", "*.secret", true],
    ["player.*", "player", false],
    ["player.*", "team.*", false],
    ["player.get", "player.get", true],
    ["player.get", "player.set", false],
    ["**", "a", true],
    ["a.**", "**.b", true],
    ["a.**", "a", false],
    ["**.a.b", "b.**", true],
    ["a*", "*b", true],
    ["a*", "b*", false],
    ["ab*ba", "a*a", true],
    ["*a.x", "b*.y", false],
  ])("%s and %s: %s", (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected);
    expect(overlaps(other, one)).toBe(expected);
  });

  const texts = (longest: number): string[] =>
    longest === 0
      ? []
      : ["a", "b"].flatMap((letter) => [letter, ...texts(longest - 1).map((rest) => letter + rest)]);
  const shared = (names: readonly string[], one: string, other: string): boolean => {
    const [matchesOne, matchesOther] = [nameMatcher(one), nameMatcher(other)];
    return names.some((name) => matchesOne(name) && matchesOther(name));
  };
  const glob = (maxLength: number) =>
    fc
      .string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength })
      .filter((text) => !text.includes("**"));

  test("where a short name matches both, within a segment", () => {
    const names = texts(6);
    propertyOf(fc.tuple(glob(4), glob(4)), ([one, other]) => {
      expect(overlaps(one, other)).toBe(shared(names, one, other));
    });
  });

  test("where a short name matches both, over segments", () => {
    const segments = texts(2);
    let names = segments;
    for (let length = 2; length <= 4; length++)
      names = [
        ...names,
        ...names
          .filter((name) => name.split(".").length === length - 1)
          .flatMap((name) => segments.map((segment) => `${name}.${segment}`)),
      ];
    const pattern = fc
      .array(fc.oneof(glob(2), fc.constant("**")), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("."));
    propertyOf(fc.tuple(pattern, pattern), ([one, other]) => {
      expect(overlaps(one, other)).toBe(shared(names, one, other));
    });
  });

  test("a hostile pair takes little time", () => {
    const begin = performance.now();
    expect(overlaps(`${"*a".repeat(120)}b`, `${"*a".repeat(120)}c`)).toBe(false);
    expect(overlaps(`${"**.".repeat(80)}b`, `${"**.".repeat(80)}c`)).toBe(false);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe("S6.5 names of events", () => {
  test.each([...refused, "a.*", "**", "$node.connected", 5, null, undefined])("%j is refused", (name) => {
    expect(eventNameProblem(name)).toEqual(expect.any(String));
  });

  test.each(["a", "chat.message.1", "a$b", "a".repeat(256)])("%j is a name", (name) => {
    expect(eventNameProblem(name)).toBeUndefined();
  });
});

describe("S2.4 names of actions", () => {
  test.each([...refused, "$node.list", "player.$hidden"])("%j is refused", (name) => {
    expect(actionNameProblem(name)).toEqual(expect.any(String));
  });

  test.each(["a", "v2.player.get", "player.get-all", "player.größe"])("%j is a name", (name) => {
    expect(actionNameProblem(name)).toBeUndefined();
  });
});
