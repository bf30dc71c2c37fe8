import {
  type CompiledRule,
  type DescribedSchema,
  definePolicy,
  type Policy,
  type PolicyInput,
  type Verdict,
} from "@tidegate/core-registry";
import type { PolicySuite } from "../src/index.ts";

/** A rule of the policy of these tests: one of the users is required. */
export interface UsersRule {
  readonly users: readonly string[];
}

/** A schema without a library. */
export const usersSchema: DescribedSchema<UsersRule> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      isUsersRule(value)
        ? { value }
        : { issues: [{ message: "`users` must be a list of names.", path: ["users"] }] },
    jsonSchema: { input: describeUsers, output: describeUsers },
  },
};

function describeUsers(): Record<string, unknown> {
  const users = { type: "array", items: { type: "string" } };
  return { type: "object", properties: { users }, required: ["users"] };
}

function isUsersRule(value: unknown): value is UsersRule {
  if (typeof value !== "object" || value === null || !("users" in value)) return false;
  return Array.isArray(value.users) && value.users.every((user) => typeof user === "string");
}

/** Allows the users that a rule names. Fulfils the contract. */
export function users(): Policy<UsersRule> {
  return definePolicy<UsersRule>({
    name: "users",
    members: ["users"],
    schema: usersSchema,
    compile: ({ users }, tools) => {
      if (users.includes("root"))
        tools.addFinding({
          severity: "error",
          code: "USER",
          jsonPath: "users",
          message: "Root has no access.",
        });
      return {
        decide: ({ scope }) => isOneOf(users, scope.context.view("user")),
        cache: "identity",
        reads: ["user"],
        requirements: [...users].sort(),
        start: () => undefined,
        dispose: () => undefined,
      };
    },
    compare: (before, after) => {
      if (!Array.isArray(before) || !Array.isArray(after)) return "unclear";
      if (before.every((user) => after.includes(user))) return "wider";
      return after.every((user) => before.includes(user)) ? "narrower" : "unclear";
    },
    start: () => undefined,
    dispose: async () => undefined,
  });
}

function isOneOf(users: readonly string[], user: unknown): boolean {
  return typeof user === "string" && users.includes(user);
}

/** Returns the suite of the policy, with changes of the policy. */
export function usersSuite(changes: Partial<Policy<UsersRule>> = {}): PolicySuite {
  return {
    make: () => ({ ...users(), ...changes }),
    rules: [
      {
        rule: { users: ["ann", "bob"] },
        allows: [{ context: { user: "ann" } }, { context: { user: "bob" }, params: { id: 1 } }],
        denies: [{ context: { user: "eve" } }, {}],
      },
      {
        rule: { users: ["ann"] },
        allows: [{ context: { user: "ann" } }],
        denies: [{ context: { user: "bob" } }],
      },
    ],
    invalidRules: [{ users: "ann" }, { users: [7] }, { users: ["root"] }],
    changes: [{ before: { users: ["ann"] }, after: { users: ["bob"] }, access: "unclear" }],
  };
}

const never = () => new Promise<never>(() => undefined);
const fails = (): never => {
  throw new Error("broken");
};

/** The suite of a policy whose compiled rules are changed. */
function withRule(change: (rule: CompiledRule, input: UsersRule) => object): PolicySuite {
  return usersSuite({
    compile: async (rule, tools) => {
      const compiled = await users().compile(rule, tools);
      return { ...compiled, ...change(compiled, rule) };
    },
  });
}

/** The suite of a policy whose denials are changed. */
function withDenial(denial: () => unknown): PolicySuite {
  return withRule((rule) => ({
    decide: async (input: PolicyInput) => ((await rule.decide(input)) ? true : (denial() as Verdict)),
  }));
}

function withSchema(changes: object): PolicySuite {
  return usersSuite({ schema: { "~standard": { ...usersSchema["~standard"], ...changes } } });
}

/** A policy whose rules all deny after one of them was used without a name. */
function withSharedState(): PolicySuite {
  const make = () => {
    let isBroken = false;
    return withRule((rule) => ({
      decide: (input: PolicyInput) => {
        isBroken ||= input.name === "";
        return !isBroken && rule.decide(input);
      },
    })).make();
  };
  return { ...usersSuite(), make };
}

/** A policy whose rules allow each access only three times. */
function withMemory(): PolicySuite {
  return withRule((rule) => {
    let count = 0;
    return { decide: (input: PolicyInput) => count++ < 3 && rule.decide(input) };
  });
}

/** Policies that break one sentence of the contract each, by what is wrong with them. */
export const brokenPolicies: Readonly<Record<string, PolicySuite>> = {
  "wrong contract number": usersSuite({ contract: 99 as 2 }),
  "a member of the core": usersSuite({ members: ["actions"] }),
  "unknown member": usersSuite(Object.assign({ name: "users" }, { comparr: fails })),
  "the schema refuses a good rule": withSchema({ validate: () => ({ issues: [{ message: "no" }] }) }),
  "the schema accepts everything": withSchema({ validate: (value: unknown) => ({ value }) }),
  "the schema throws": withSchema({ validate: fails }),
  "the schema returns a boolean": withSchema({ validate: isUsersRule }),
  "the schema never settles": withSchema({ validate: never }),
  "issues without messages": withSchema({
    validate: (value: unknown) => (isUsersRule(value) ? { value } : { issues: [{}] }),
  }),
  "the JSON Schema throws": withSchema({ jsonSchema: { input: fails, output: fails } }),
  "the JSON Schema leaves the member out": withSchema({
    jsonSchema: { input: () => ({ type: "object" }), output: describeUsers },
  }),
  "the JSON Schema points to nothing": withSchema({
    jsonSchema: {
      input: () => ({ properties: { users: { $ref: "#/$defs/users" } } }),
      output: describeUsers,
    },
  }),
  "an invalid rule is accepted": usersSuite({
    compile: ({ users: list }) => users().compile({ users: list }, silent),
  }),
  "compile returns nothing": usersSuite({ compile: () => JSON.parse("null") }),
  "compile throws": usersSuite({ compile: fails }),
  "compile never settles": usersSuite({ compile: never }),
  "compile changes the rule": usersSuite({
    compile: (rule, tools) => {
      const compiled = users().compile(rule, tools);
      (rule.users as string[]).push("eve2");
      return compiled;
    },
  }),
  "decide is missing": withRule(() => ({ decide: undefined })),
  "decide returns nothing": withRule(() => ({ decide: () => undefined })),
  "decide returns a text": withRule(() => ({ decide: () => "yes" })),
  "decide allows everything": withRule(() => ({ decide: () => true })),
  "decide denies everything": withRule(() => ({ decide: () => ({ allowed: false }) })),
  "decide never settles": withRule(() => ({ decide: never })),
  "decide throws where no user is known": withRule((_, { users: list }) => ({
    decide: ({ scope }: PolicyInput) => list.includes(String(scope.context.view("user")).trim()) || fails(),
  })),
  "decide throws for strange users": withRule((_, { users: list }) => ({
    decide: ({ scope }: PolicyInput) => {
      const user = scope.context.view("user");
      return user !== undefined && list.some((one) => one === (user as string).trim());
    },
  })),
  "a client without user is allowed": withRule((_, { users: list }) => ({
    decide: ({ scope }: PolicyInput) => {
      const user = scope.context.view("user");
      return user === null || isOneOf(list, user);
    },
  })),
  "unknown code": withDenial(() => ({ allowed: false, code: "NOT_YOU" })),
  "retryAfter is NaN": withDenial(() => ({ allowed: false, code: "RATE_LIMITED", retryAfter: Number.NaN })),
  "allowed is a text": withDenial(() => ({ allowed: "no" })),
  "params are changed": withRule((rule) => ({
    decide: (input: PolicyInput) => {
      if (typeof input.params === "object" && input.params !== null)
        Object.assign(input.params, { by: "users" });
      return rule.decide(input);
    },
  })),
  "reads are missing": withRule(() => ({ reads: [] })),
  "reads an unknown context": withRule(() => ({ reads: ["user", "usr"] })),
  "readsParams is missing": withRule((rule) => ({
    decide: (input: PolicyInput) =>
      (input.scope.context.view("user") !== "bob" || input.params !== undefined) && rule.decide(input),
  })),
  "the cache is unknown": withRule(() => ({ cache: "forever" })),
  "verdicts differ although `identity`": withMemory(),
  "the verdict depends on the branch": withRule((rule) => ({
    decide: (input: PolicyInput) => input.scope.branch === "master" && rule.decide(input),
  })),
  "a failed rule closes the others": withSharedState(),
  "requirements are no JSON": withRule(() => ({ requirements: new Set(["ann"]) })),
  "requirements differ each time": withRule(() => ({ requirements: [counter()] })),
  "compare returns a boolean": usersSuite({ compare: () => true as never }),
  "compare throws for other data": usersSuite({
    compare: (before, after) =>
      (before as string[]).length < (after as string[]).length ? "wider" : "narrower",
  }),
  "compare is always wider": usersSuite({ compare: () => "wider" }),
  "compare is the wrong way round": usersSuite({
    compare: (before, after) => users().compare?.(after, before) ?? "unclear",
  }),
  "start never settles": usersSuite({ start: never }),
  "dispose of a rule rejects": withRule(() => ({
    dispose: () => Promise.reject(new Error("cannot dispose")),
  })),
  "a timer of a rule is left": withRule(() => ({ start: () => void setInterval(() => 0, 60_000).unref() })),
};

const silent: Parameters<Policy["compile"]>[1] = {
  kind: "call",
  origin: { service: "", hash: "", jsonPath: "" },
  sandbox: { contract: 2, check: fails, compile: fails, start: never, stop: never },
  contexts: [],
  addFinding: () => undefined,
  reportRuntime: () => undefined,
  console: () => undefined,
};

let counted = 0;

function counter(): number {
  return counted++ % 2;
}
