import { checkPlugin, type Finding } from "@tidegate/core-registry";
import { canonicalJson, isUnder, parsePattern, routeKeys, routeLabel } from "@tidegate/core-registry/runtime";
import type { CheckContext } from "../suite/check.ts";
import { hasSameMembers } from "../suite/compare.ts";
import { validate } from "../suite/schema.ts";
import { isPlainJson, reversedMembers } from "../suite/values.ts";
import type { ProtocolCheck, ProtocolSuite } from "./driver.ts";
import { randomParts } from "./fuzz.ts";
import { compileInput, compileParts, type ProtocolSystem, startedSystem, type TestedPart } from "./system.ts";

/** Checks how a protocol compiles the part of one fragment (S17). */
export const compilingChecks: readonly ProtocolCheck[] = [
  {
    title: "the contexts of the protocol fulfil their contract",
    needs: ({ make }) => (make().contexts === undefined ? "the protocol has no contexts" : undefined),
    run: ({ make }, check) => {
      check.clause("Context values that the protocol adds to the gateway's (S12.3).");
      for (const factory of make().contexts ?? [])
        check.equal(
          attempt(() => checkPlugin("context", factory)),
          undefined,
          "the result of checkPlugin()",
        );
    },
  },
  {
    title: "invalid parts are refused by the schema, or by a finding with its place",
    run: async (suite, check) => {
      const system = await startedSystem(suite, check);
      for (const input of suite.invalidParts) await isRefused(system, check, input);
    },
  },
  {
    title: "the fingerprint ignores documentation and the order of members, and nothing else",
    run: (suite, check) => checkFingerprints(suite, check),
  },
  {
    title: "valid parts compile without findings, and keep their input",
    run: async (suite, check) => {
      const system = await startedSystem(suite, check);
      const before = structuredClone(suite.parts);
      for (const { example, findings } of await compileParts(system, check)) {
        check.clause("A finding is a problem of the fragment: a valid part has none.");
        check.equal(findings, [], `the list of findings of ${preview(example.input)}`);
      }
      check.clause("The input belongs to the gateway: a protocol only reads it.");
      check.equal(suite.parts, before, "the input after compile()");
    },
  },
  {
    title: "a part compiles to the same routes, claims and fingerprints each time",
    run: async (suite, check) => {
      const first = await compileParts(await startedSystem(suite, check), check);
      const again = await compileParts(await startedSystem(suite, check), check);
      check.clause("The compiled part of one fragment is independent of branches, versions and time.");
      for (const [index, one] of first.entries())
        check.ok(
          hasSameMembers(described(again[index]), described(one)),
          "the same routes, claims and fingerprints for the same part",
          preview(one.example.input),
        );
    },
  },
  {
    title: "every route can be served: its path is valid, not reserved, and its own",
    run: async (suite, check) => {
      const system = await startedSystem(suite, check);
      const keys = new Set<string>();
      for (const { part } of await compileParts(system, check))
        checkPlaces(system, check, part.compiled, keys);
    },
  },
  {
    title: "no part that the schema accepts makes compile throw; findings have their place",
    run: async (suite, check) => {
      const system = await startedSystem(suite, check);
      const [first] = suite.parts;
      const before = first && (await compileInput(system, check, first.input)).part.compiled;
      for (const { input } of suite.parts)
        for (const random of randomParts(input)) {
          const result = await validate(check, system.protocol.schema, random);
          if (!("value" in result)) continue;
          const { part, findings } = await compileInput(system, check, result.value);
          await part.compiled.dispose?.();
          checkFindings(system, check, findings);
        }
      check.clause("Parts are independent: a faulty one changes nothing for the others.");
      const after = first && (await compileInput(system, check, first.input)).part.compiled;
      check.equal(
        describedCompiled(after),
        describedCompiled(before),
        "the first part, compiled after faulty ones,",
      );
    },
  },
];

function attempt(run: () => void): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

async function isRefused(system: ProtocolSystem, check: CheckContext, input: unknown): Promise<void> {
  const result = await validate(check, system.protocol.schema, input);
  if ("issues" in result) return;
  const { findings } = await compileInput(system, check, result.value);
  check.clause("An invalid part is refused by the schema, or by an error among the findings of `compile`.");
  const isFound = findings.some(({ severity }) => severity === "error");
  check.ok(isFound, `${preview(input)} is refused`, { issues: 0, findings });
  checkFindings(system, check, findings);
}

function checkFindings(
  { protocol }: ProtocolSystem,
  check: CheckContext,
  findings: readonly Finding[],
): void {
  check.clause("A finding's `jsonPath` begins at the fragment's root: `protocol.REST.routes[1].path`.");
  for (const finding of findings) {
    check.ok(
      isBelow(finding.jsonPath, protocol.name),
      `a path below protocol.${protocol.name}`,
      finding.jsonPath,
    );
    const { severity, code, message } = finding;
    const isComplete = ["error", "warning", "info"].includes(severity) && Boolean(code) && Boolean(message);
    check.ok(isComplete, "a finding has severity, code and message", finding);
  }
}

function isBelow(path: unknown, name: string): boolean {
  if (typeof path !== "string") return false;
  const base = `protocol.${name}`;
  return path === base || path.startsWith(`${base}.`) || path.startsWith(`${base}[`);
}

function checkFingerprints({ make, parts }: ProtocolSuite, check: CheckContext): void {
  const protocol = make();
  const textOf = (input: unknown): string => {
    const before = structuredClone(input);
    const fingerprint = protocol.fingerprint === undefined ? input : protocol.fingerprint(input);
    check.clause("Returns the input without documentation (S1.4), for the fragment's hash.");
    check.ok(isPlainJson(fingerprint), "the fingerprint is plain JSON", fingerprint);
    check.equal(input, before, "the input after fingerprint()");
    return canonicalJson(fingerprint);
  };
  const texts = parts.map(({ input, documented }) => {
    const text = textOf(input);
    check.ok(text === textOf(reversedMembers(input)), "the order of members does not count", preview(input));
    if (documented !== undefined && protocol.fingerprint !== undefined)
      check.ok(text === textOf(documented), `documentation does not count: ${text}`, textOf(documented));
    return text;
  });
  check.clause("Parts with equal fingerprints have one hash: the gateway compiles only one of them.");
  check.equal(new Set(texts).size, texts.length, "the number of different fingerprints of the parts");
}

function checkPlaces(
  { protocol }: ProtocolSystem,
  check: CheckContext,
  { routes = [], claims = [] }: TestedPart["part"]["compiled"],
  keys: Set<string>,
): void {
  const own = (key: string): void => {
    check.clause(
      "Two services cannot own the same definition, nor routes that match the same requests (S4.6).",
    );
    check.ok(!keys.has(key), "each key belongs to one route or claim", key);
    keys.add(key);
  };
  for (const route of routes) {
    const { pattern, problems } = parsePattern(route.path);
    check.clause("The path pattern of a route (S4.2), without the branch's prefix.");
    check.equal(problems, [], `the list of problems of the path ${route.path}`);
    check.clause("Fragments cannot define routes at the reserved paths of a protocol (S4.6).");
    const under = pattern && isUnder(pattern, protocol.reserved ?? []);
    check.equal(under, undefined, `the reserved path that contains ${route.path}`);
    for (const key of routeKeys(route)) own(key);
  }
  for (const claim of claims) if (claim.shared === undefined) own(claim.key);
  check.clause("The place of the endpoint or claim in the fragment, such as `protocol.REST.routes[0]`.");
  const paths = [...routes.flatMap(({ endpoint }) => endpoint ?? []), ...claims].map(
    ({ jsonPath }) => jsonPath,
  );
  const outside = paths.filter((path) => !isBelow(path, protocol.name));
  check.equal(outside, [], `the list of places that are not below protocol.${protocol.name}`);
}

function described(tested: TestedPart | undefined): unknown {
  return describedCompiled(tested?.part.compiled);
}

/** The part as data: its routes and claims without functions. */
function describedCompiled(compiled: TestedPart["part"]["compiled"] | undefined): unknown {
  const routes = compiled?.routes?.map((route) => ({ label: routeLabel(route), ...dataOf(route) }));
  return { routes, claims: compiled?.claims?.map(dataOf) };
}

function dataOf(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => typeof member !== "function"));
}

function preview(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 150) ?? "undefined";
}
