import fc from "fast-check";
import {
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from "graphql";

/** An operation with its variables. It is valid unless variables or repeated fields do not fit. */
export interface GeneratedOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The variables that operations can use: declaration, type, and values that clients send. */
const variables: Readonly<Record<string, readonly [type: string, init: string, values: readonly unknown[]]>> =
  {
    yes: ["Boolean!", "", [true, false]],
    on: ["Boolean", "= true", [true, false, null]],
    off: ["Boolean!", "= false", [true, false]],
    id: ["ID", "", ["0", "1", 3, null]],
    key: ["ID!", '= "2"', ["0", "4", "6"]],
    n: ["Int", "", [1, null, "x"]],
    count: ["Int", "= 8", [2, null]],
    text: ["String", "", ["a", null]],
    title: ["String!", '= "d"', ["b"]],
    page: ["Page", "", [{ size: 1 }, {}, { inner: {} }, { after: "1", tags: ["a"] }, null, { size: null }]],
    choice: ["Choice", "", [{ id: "1" }, { id: "1", name: "n" }, {}, { name: null }, null]],
    order: ["Order", "", ["NAME", null]],
    ids: ["[ID!]", "", [["1", 2], "3", null]],
    grid: ["[[Int!]]", "", [[[1], [2, 3]], [1, 2], 4, null]],
    json: ["JSON", "", [{ a: 1 }, "s", [null], null]],
    at: ["DateTime", "", ["2026-11-21T20:45:00Z", "never", null]],
  };

type Pick = <Value>(values: readonly Value[]) => Value;

/** Generates operations for a schema: fields are repeated, nested in fragments, and have directives. */
export function operations(schema: GraphQLSchema): fc.Arbitrary<GeneratedOperation> {
  return fc.gen().map((gen) => {
    // Shrinks to false, which generates less.
    const chance = (percent: number): boolean => gen(fc.nat, { max: 99 }) >= 100 - percent;
    const pick: Pick = (values) => {
      const value = values[gen(fc.nat, { max: values.length - 1 })];
      if (value === undefined) throw new Error("There is nothing to pick.");
      return value;
    };
    return new Generator(schema, pick, chance).operation();
  });
}

class Generator {
  readonly #schema: GraphQLSchema;
  readonly #pick: Pick;
  readonly #chance: (percent: number) => boolean;
  readonly #used = new Set<string>();
  readonly #fragments: string[] = [];
  /** By response name without number: the texts of arguments that got a name. */
  readonly #names = new Map<string, string[]>();
  // Each operation lacks some features, so that many operations have one or none.
  readonly #withDirectives: boolean;
  readonly #withFragments: boolean;
  readonly #withVariablesInside: boolean;
  readonly #withOddNames: boolean;
  readonly #withAbstractTypes: boolean;
  readonly #withNestedLists: boolean;
  readonly #withNestedResolvers: boolean;
  readonly #withNestedArguments: boolean;

  constructor(schema: GraphQLSchema, pick: Pick, chance: (percent: number) => boolean) {
    this.#schema = schema;
    this.#pick = pick;
    this.#chance = chance;
    this.#withDirectives = chance(40);
    this.#withFragments = chance(50);
    this.#withVariablesInside = chance(70);
    this.#withOddNames = chance(30);
    this.#withAbstractTypes = chance(50);
    this.#withNestedLists = chance(40);
    this.#withNestedResolvers = chance(40);
    this.#withNestedArguments = chance(40);
  }

  operation(): GeneratedOperation {
    const kind = this.#chance(25) ? "mutation" : "query";
    const type = kind === "query" ? this.#schema.getQueryType() : this.#schema.getMutationType();
    const body = this.#selection(type ?? undefined, 0);
    const used = [...this.#used];
    const declared = used.map((name) => `$${name}: ${variables[name]?.slice(0, 2).join(" ")}`);
    const given = used.flatMap((name): [string, unknown][] => {
      const [type = "", init = "", values = []] = variables[name] ?? [];
      const isRequired = type.endsWith("!") && init === "";
      return isRequired || this.#chance(60) ? [[name, this.#pick(values.map((value) => [value]))[0]]] : [];
    });
    const head = declared.length === 0 ? kind : `${kind} (${declared.join(", ")})`;
    return { text: [`${head} ${body}`, ...this.#fragments].join("\n"), variables: Object.fromEntries(given) };
  }

  #selection(type: GraphQLNamedType | undefined, depth: number): string {
    const parts = [this.#part(type, depth)];
    while (parts.length < 6 && this.#chance(60 - 8 * depth)) parts.push(this.#part(type, depth));
    return `{ ${parts.join(" ")} }`;
  }

  #part(type: GraphQLNamedType | undefined, depth: number): string {
    if (this.#withFragments && depth < 5 && this.#chance(25)) return this.#fragment(type, depth + 1);
    return this.#field(type, depth);
  }

  #fragment(type: GraphQLNamedType | undefined, depth: number): string {
    const condition = this.#pick([type, ...this.#overlapping(type)]);
    const directives = this.#directives();
    if (this.#chance(60) || condition === undefined) {
      const on = condition === type && this.#chance(50) ? "" : `on ${condition?.name}`;
      return `... ${on} ${directives} ${this.#selection(condition, depth)}`;
    }
    const known = this.#fragments.flatMap((text) => /^fragment (\w+) on (\w+)/.exec(text) ?? []);
    const same = known.flatMap((_, index) =>
      index % 3 === 0 && known[index + 2] === condition.name ? (known[index + 1] ?? []) : [],
    );
    if (same.length > 0 && this.#chance(60)) return `...${this.#pick(same)} ${directives}`;
    const body = this.#selection(condition, depth);
    const name = `F${this.#fragments.length}`;
    this.#fragments.push(`fragment ${name} on ${condition.name} ${body}`);
    return `...${name} ${directives}`;
  }

  #overlapping(type: GraphQLNamedType | undefined): readonly GraphQLNamedType[] {
    const named = (names: readonly string[]) => names.flatMap((name) => this.#schema.getType(name) ?? []);
    if (type?.name === "Cat") return named(["Named", "Being", "Pet"]);
    if (type?.name === "Dog") return named(["Named", "Pet"]);
    return isCompositeType(type) && !isObjectType(type) ? named(["Cat", "Dog", "Named", "Pet"]) : [];
  }

  #field(type: GraphQLNamedType | undefined, depth: number): string {
    if (type === undefined || isUnionType(type) || !("getFields" in type) || this.#chance(8))
      return `__typename ${this.#directives()}`;
    const all = Object.values(type.getFields()).filter((field) => this.#isAllowed(field));
    const leaves = all.filter((field) => !isCompositeType(getNamedType(field.type)));
    const field = this.#pick(depth >= 4 && leaves.length > 0 ? leaves : all);
    const args =
      "args" in field && (depth === 0 || this.#withNestedArguments) ? this.#arguments(field.args) : "";
    const inner = getNamedType(field.type);
    const body = isCompositeType(inner) ? this.#selection(inner, depth + 1) : "";
    return `${this.#responseName(field.name, args)}${args} ${this.#directives()} ${body}`;
  }

  #isAllowed({ name, type }: { readonly name: string; readonly type: unknown }): boolean {
    if (["node", "_version"].includes(name)) return false;
    if (["home", "delete", "update"].includes(name)) return this.#withNestedResolvers;
    if (["length"].includes(name)) return this.#withOddNames;
    const text = String(type);
    if (text.includes("[[")) return this.#withNestedLists;
    return this.#withAbstractTypes || !/Named|Being|Pet/.test(text);
  }

  // Equal fields share a name in most cases, so that they are merged; others get an alias.
  #responseName(field: string, args: string): string {
    const known = this.#names.get(field) ?? [""];
    this.#names.set(field, known);
    if (this.#withOddNames && this.#chance(20))
      return `${this.#pick(["__proto__", "constructor", "a_b", "x"])}: ${field}`;
    let index = known.indexOf(args);
    if (index < 0) index = known.push(args) - 1;
    return index === 0 ? field : `${field}${index}: ${field}`;
  }

  #arguments(args: readonly GraphQLArgument[]): string {
    const given = args.flatMap((arg) => {
      const isRequired = isNonNullType(arg.type) && arg.default === undefined;
      return isRequired || this.#chance(35) ? [`${arg.name}: ${this.#value(arg.type, 0)}`] : [];
    });
    return given.length === 0 ? "" : `(${given.join(", ")})`;
  }

  #value(type: GraphQLInputType, depth: number): string {
    if (this.#chance(35) && (depth === 0 || this.#withVariablesInside)) {
      const name = this.#variableOf(type);
      if (name !== undefined) return name;
    }
    if (isNonNullType(type)) return this.#value(type.ofType, depth + 1);
    if (this.#chance(8)) return "null";
    if (isListType(type)) {
      if (this.#chance(25)) return this.#value(type.ofType, depth + 1);
      const count = this.#pick([0, 1, 2, 3]);
      return `[${Array.from({ length: count }, () => this.#value(type.ofType, depth + 1)).join(", ")}]`;
    }
    if (isEnumType(type)) return this.#pick(["NAME", "AGE"]);
    if (isInputObjectType(type)) return this.#object(type, depth);
    if (type.name === "JSON")
      return this.#pick(['{ a: [1, "x"] }', "$json", "[1, { b: $text }]", "true", "1.5"]).replace(
        /\$(\w+)/g,
        (variable, name: string) => {
          this.#used.add(name);
          return variable;
        },
      );
    if (type.name === "DateTime") return '"2026-11-21T20:45:00Z"';
    if (type.name === "Int") return this.#pick(["0", "7", "-1"]);
    return this.#pick(['"0"', '"1"', '"2"', '"3"', '"4"', '"5"', '"6"', '"7"', '"8"', '"9"']);
  }

  #object(type: GraphQLInputType & { readonly name: string; getFields(): object }, depth: number): string {
    if (!isInputObjectType(type)) return "{}";
    const all = Object.values(type.getFields());
    const fields = type.isOneOf ? [this.#pick(all)] : all.filter(() => depth < 4 && this.#chance(35));
    return `{ ${fields.map((field) => `${field.name}: ${this.#value(field.type, depth + 1)}`).join(", ")} }`;
  }

  #variableOf(type: GraphQLInputType): string | undefined {
    const wanted = String(type).replace(/!$/, "");
    const fitting = Object.keys(variables).filter(
      (name) => variables[name]?.[0].replace(/!$/, "") === wanted || (wanted === "[ID]" && name === "ids"),
    );
    if (fitting.length === 0) return undefined;
    const name = this.#pick(fitting);
    this.#used.add(name);
    return `$${name}`;
  }

  #directives(): string {
    if (!this.#withDirectives || !this.#chance(25)) return "";
    const condition = this.#pick(["$yes", "$on", "$off", "true", "false", "$yes"]);
    if (condition.startsWith("$")) this.#used.add(condition.slice(1));
    const more = this.#chance(15) ? " @include(if: $off)" : "";
    if (more !== "") this.#used.add("off");
    const name = more === "" ? this.#pick(["skip", "include"]) : "skip";
    return `@${name}(if: ${condition})${more}`;
  }
}
