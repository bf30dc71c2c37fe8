import { serviceError } from "@tidegate/plugin-testkit";

/** A schema with every feature that execution engines differ in. */
export const typeDefs = `
  enum Order { NAME AGE }
  input Page { size: Int! = 20 order: Order = AGE after: [ID!] inner: Page tags: [[String]] json: JSON }
  input Choice @oneOf { id: ID name: String page: Page }
  interface Named { id: ID name: String! }
  interface Being implements Named { id: ID name: String! born: DateTime }
  type Cat implements Named & Being {
    id: ID name: String! born: DateTime lives: Int! length: Int friend: Cat friends(first: Int! = 2): [Cat]
    closest: [Cat!] best: Cat! grid: [[Int!]] home(page: Page): House pet: Pet extra: JSON order: Order
  }
  type Dog implements Named { id: ID name: String! lives: Int! friend: Cat barks: Boolean home(page: Page): House }
  type House { id: ID! rooms: [String!]! cats: [Cat!] owner: Named }
  union Pet = Cat | Dog
  type Storage { delete(id: ID!): Boolean update(id: ID!, page: Page): Cat! count: Int! }
  extend type Query {
    cat(id: ID = "0", page: Page): Cat
    cats(ids: [ID!], grid: [[Int]]): [Cat!]
    matrix(grid: [[Int!]!], json: JSON): [[Cat!]]
    pet(id: ID): Pet
    pets(first: Int! = 3): [Pet!]
    named(choice: Choice): Named
    must(id: ID!): Cat!
    echo(text: String! = "none", page: Page = { size: 5 }, n: Int! = 3, list: [Int], choice: Choice, json: JSON,
      at: DateTime, grid: [[Int!]], order: Order): String
  }
  extend type Mutation { touch(id: ID!, page: Page): Cat wipe(id: ID!): Cat! storage: Storage }
`;

/** The fields that call an action, with the action. Its params are the arguments, or the id of the source. */
export const actions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Query: {
    cat: "zoo.cat",
    cats: "zoo.cats",
    matrix: "zoo.matrix",
    pet: "zoo.pet",
    pets: "zoo.pets",
    named: "zoo.named",
    must: "zoo.must",
    echo: "zoo.echo",
  },
  Mutation: { touch: "zoo.touch", wipe: "zoo.wipe", storage: "zoo.storage" },
  Cat: { home: "zoo.home" },
  Dog: { home: "zoo.home" },
  Storage: { delete: "zoo.delete", update: "zoo.update" },
};

/** The mapping of a field's params. Fields below the root also send the id of their source. */
export function paramsOf(type: string): Readonly<Record<string, string>> {
  return type === "Query" || type === "Mutation" ? { args: "@args" } : { args: "@args", id: "@source.id" };
}

const maxDepth = 3;

function cat(id: string, depth = 0): unknown {
  const good = {
    __typename: "Cat",
    id,
    name: `cat ${id}`,
    born: "2026-11-21T20:45:00Z",
    lives: 9,
    length: 40,
    grid: [[1, 2], null, [3]],
    extra: { a: [1] },
    order: "NAME",
    best: depth < maxDepth ? cat("0", depth + 1) : null,
    friend: depth < maxDepth ? cat(String(Number(id) + 1), depth + 1) : null,
    friends: depth < maxDepth ? [cat("0", depth + 1), null, cat("1", depth + 2)] : [],
    closest: depth < maxDepth ? [cat("0", depth + 1), cat("2", depth + 2)] : [],
    pet: depth % 2 === 0 ? { __typename: "Dog", id: "d", name: "Rex", lives: 1, barks: true } : { name: "?" },
  };
  const faults: Readonly<Record<string, () => unknown>> = {
    "1": () => ({ ...good, lives: null }),
    "2": () => ({ ...good, name: { first: "x" }, born: "yesterday" }),
    "3": () => ({
      ...good,
      friends: "none",
      closest: [cat("1", maxDepth), cat("1", maxDepth)],
      grid: [[1, null], 7],
    }),
    "4": () => undefined,
    "5": () => "a text",
    "6": () => ({ ...good, name: null, friend: cat("1", depth + 1), pet: { __typename: "House" } }),
    "7": () => ({ ...good, order: "OLD", extra: null, length: 1.5, lives: "many", best: null }),
    "8": () => ({ __typename: "Dog", id, name: "Rex", lives: null, barks: "yes" }),
  };
  const fault = faults[id];
  return fault === undefined || depth > maxDepth ? good : fault();
}

/** What the actions answer. The same params get the same answer; some answers do not fit their type. */
export function answer(action: string, params: { readonly args?: object; readonly id?: string }): unknown {
  const args = JSON.stringify(params);
  const { id = "0" } = (params.args ?? {}) as { readonly id?: string | null };
  if (id === "9") throw serviceError("There is no such animal.", { code: 404, type: "NO_ANIMAL" });
  if (action === "zoo.echo") return args;
  if (action === "zoo.home")
    return params.id === "2"
      ? null
      : { id: params.id, rooms: ["a", "b"], cats: [cat("0", 2)], owner: cat("8") };
  if (action === "zoo.cats") return [cat("0"), cat(String(args.length % 9)), cat("2", 1)];
  if (action === "zoo.matrix") return [[cat("0")], [cat(String(args.length % 9), 1), cat("6", 2)], null];
  if (action === "zoo.pets")
    return [cat("8", maxDepth), cat("0", 1), { __typename: "Dog", id: "d", name: "Bo" }];
  if (action === "zoo.storage") return { count: args.length > 20 ? null : 3 };
  if (action === "zoo.delete") return id !== "4";
  if (action === "zoo.named") return cat(String(args.length % 10));
  return cat(String(id));
}
