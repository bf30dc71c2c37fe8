import type {
  AnyNode,
  AssignmentExpression,
  AssignmentProperty,
  CallExpression,
  Expression,
  Identifier,
  LogicalExpression,
  MemberExpression,
  Pattern,
  RestElement,
} from "acorn";
import { base } from "acorn-walk";
import type { Variable } from "eslint-scope";
import { isReassigned, type ResolvedNames } from "./names.ts";
import type { FunctionNode, ParsedFunction } from "./parse.ts";
import { appendKey, covers, minimalPaths, PathSet, type Paths } from "./paths.ts";
import { Places } from "./places.ts";

const maxPasses = 12;
const nothing: Paths = [];

/**
 * Finds the properties of its first argument that a function reads (S11.3), as paths. A path covers
 * everything below it.
 *
 * The analysis either *follows* an expression (a member access appends a key, a variable stands for the paths
 * that were assigned to it) or *uses* it: then the function can read the whole value. So a path can be too
 * short, never too long. The paths of variables only grow; the walk is repeated until they no longer do.
 *
 * The result leaves out `util`, because the sandbox itself puts it into the argument.
 */
export function readsOf(parsed: ParsedFunction, names: ResolvedNames): Reads {
  const variables = new Map<Variable, PathSet>();
  for (let pass = 0; pass < maxPasses; pass++) {
    const walk = new ReadsWalk(names, variables);
    walk.run(parsed.node);
    if (walk.unclear) return unclearReads;
    if (!walk.grew) {
      const paths = minimalPaths(walk.reads().filter(([first]) => first !== "util"));
      return { paths, places: walk.places };
    }
  }
  return unclearReads;
}

/** What a function reads of its first argument. */
export interface Reads {
  /** The fewest paths that cover it; `all` where the analysis cannot tell. */
  readonly paths: Paths | "all";
  readonly places: Places;
}

const unclearReads: Reads = { paths: "all", places: new Places() };

/** Walks a function once and collects the paths that it reads. */
class ReadsWalk {
  readonly places = new Places();
  readonly #names: ResolvedNames;
  /** The paths that each variable can stand for, over all passes. */
  readonly #variables: Map<Variable, PathSet>;
  readonly #used = new PathSet();
  /** Paths assigned to variables, whether or not the function looks at the variable. */
  readonly #assigned = new PathSet();
  #unclear = false;
  #grew = false;

  constructor(names: ResolvedNames, variables: Map<Variable, PathSet>) {
    this.#names = names;
    this.#variables = variables;
  }

  /** True where the function reads its argument in a way that the analysis cannot follow. */
  get unclear(): boolean {
    return this.#unclear || this.#used.full || this.#assigned.full;
  }

  /** True where a variable got a path that no earlier pass knew. */
  get grew(): boolean {
    return this.#grew;
  }

  run(node: FunctionNode): void {
    const [first, ...others] = node.params;
    if (first?.type === "AssignmentPattern") {
      // A call always has an argument, so the default value never applies.
      this.#bind(first.left, [[]]);
      this.#useNode(first.right);
    } else if (first !== undefined) this.#bind(first, [[]]);
    for (const other of others) this.#bind(other, nothing);
    this.#useNode(node.body);
  }

  /**
   * Destructuring a missing value fails, so an assigned path counts unless a used path covers the same place.
   */
  reads(): Paths {
    const used = this.#used.all;
    const onlyAssigned = this.#assigned.all.filter(
      (path) => path.length > 1 && !used.some((other) => covers(path, other) || covers(other, path)),
    );
    return [...used, ...onlyAssigned];
  }

  #use(paths: Paths): void {
    for (const path of paths) this.#used.add(path);
  }

  #useNode(node: AnyNode): void {
    this.#use(this.#follow(node));
  }

  /** Uses everything inside of a node that the analysis has no rule for. */
  #useChildren(node: AnyNode): Paths {
    (base[node.type] as ChildWalker)(node, undefined, this.#childVisitor(node));
    return nothing;
  }

  /** acorn-walk visits some nodes again under a more general kind (`Function`, `Pattern`). */
  #childVisitor(node: AnyNode): ChildVisitor {
    return (child, _state, kind) => {
      if (child === node && kind !== undefined)
        (base[kind] as ChildWalker)(node, undefined, this.#childVisitor(node));
      else this.#useNode(child);
    };
  }

  /** The paths of the argument that a node's value can come from. */
  #follow(node: AnyNode): Paths {
    switch (node.type) {
      case "Identifier":
        return this.#followIdentifier(node);
      case "MemberExpression":
        return this.#followMember(node);
      case "ChainExpression":
      case "ParenthesizedExpression":
        return this.#follow(node.expression);
      case "ConditionalExpression":
        this.#useNode(node.test);
        return [...this.#follow(node.consequent), ...this.#follow(node.alternate)];
      case "LogicalExpression":
        return this.#followLogical(node);
      case "SequenceExpression":
        for (const expression of node.expressions.slice(0, -1)) this.#useNode(expression);
        return node.expressions.slice(-1).flatMap((expression) => this.#follow(expression));
      case "CallExpression":
        return this.#followCall(node);
      case "VariableDeclarator":
        this.#bind(node.id, node.init ? this.#follow(node.init) : nothing);
        return nothing;
      case "Property":
        if (node.computed) this.#useNode(node.key);
        this.#useNode(node.value);
        return nothing;
      case "ObjectPattern":
      case "ArrayPattern":
      case "AssignmentPattern":
      case "RestElement":
        this.#bind(node, nothing);
        return nothing;
      case "AssignmentExpression":
        return this.#followAssignment(node);
      default:
        return this.#useChildren(node);
    }
  }

  #followIdentifier(node: Identifier): Paths {
    if (node.name === "arguments" || node.name === "eval") this.#unclear = true;
    const variable = this.#names.referred(node);
    const paths = (variable && this.#variables.get(variable)?.all) ?? nothing;
    if (variable !== undefined && isReassigned(variable)) this.places.addReassigned(paths);
    return paths;
  }

  /** The left value decides which side is the result, so the function reads it. */
  #followLogical(node: LogicalExpression): Paths {
    const left = this.#follow(node.left);
    this.#use(left);
    return [...left, ...this.#follow(node.right)];
  }

  #followAssignment(node: AssignmentExpression): Paths {
    if (node.left.type === "MemberExpression") this.places.addWritten(this.#follow(node.left));
    if (node.operator !== "=" || node.left.type !== "Identifier") this.#useNode(node.left);
    this.#useNode(node.right);
    return nothing;
  }

  #followMember(node: MemberExpression): Paths {
    if (node.object.type === "Super") {
      if (node.computed) this.#useNode(node.property);
      return nothing;
    }
    const paths = this.#followObject(node.object);
    const key = keyOf(node.property, node.computed);
    if (key !== undefined) return this.#member(paths, key, node.property);
    this.#useNode(node.property);
    this.#use(paths);
    return nothing;
  }

  /** In `a?.b.c` a missing `a` ends the chain before `c`, so the function reads `a` itself. */
  #followObject(object: Expression): Paths {
    const paths = this.#follow(object);
    if (object.type === "MemberExpression" && object.optional)
      this.#use(paths.filter(({ length }) => length > 1).map((path) => path.slice(0, -1)));
    return paths;
  }

  /** A method can read everything of the object that it is called on. */
  #followCall({ callee, arguments: given }: CallExpression): Paths {
    for (const argument of given) this.#useNode(argument);
    if (callee.type !== "MemberExpression") {
      if (callee.type !== "Super") this.#useNode(callee);
      return nothing;
    }
    if (callee.object.type !== "Super") this.#use(this.#followObject(callee.object));
    if (callee.computed) this.#useNode(callee.property);
    return nothing;
  }

  #member(paths: Paths, key: string, node: AnyNode): Paths {
    return paths.flatMap((path) => {
      const longer = appendKey(path, key);
      if (longer === undefined) this.#use([path]);
      // In `(a ?? b).c` it is not certain whose member `c` is.
      else if (paths.length === 1) this.places.add(longer, node.start);
      return longer === undefined ? [] : [longer];
    });
  }

  /** Assigns a value to a pattern, as destructuring does. */
  #bind(pattern: Pattern, paths: Paths): void {
    switch (pattern.type) {
      case "Identifier": {
        const variable = this.#names.declared(pattern);
        if (variable === undefined) this.#use(paths);
        else this.#assign(variable, paths);
        break;
      }
      case "ObjectPattern":
        if (pattern.properties.length === 0) this.#use(paths);
        for (const property of pattern.properties) this.#bindMember(property, paths);
        break;
      case "AssignmentPattern":
        // The value decides whether the default applies, so the function reads it.
        this.#use(paths);
        this.#bind(pattern.left, [...paths, ...this.#follow(pattern.right)]);
        break;
      case "ArrayPattern":
        this.#use(paths);
        for (const element of pattern.elements) if (element) this.#bind(element, nothing);
        break;
      case "RestElement":
        this.#use(paths);
        this.#bind(pattern.argument, nothing);
        break;
      default:
        this.#use(paths);
        if (pattern.type === "MemberExpression") this.places.addWritten(this.#follow(pattern));
        this.#useNode(pattern);
    }
  }

  #bindMember(property: AssignmentProperty | RestElement, paths: Paths): void {
    if (property.type === "RestElement") {
      this.#bind(property, paths);
      return;
    }
    const key = keyOf(property.key, property.computed);
    if (key !== undefined) {
      this.#bind(property.value, this.#member(paths, key, property.key));
      return;
    }
    this.#useNode(property.key);
    this.#use(paths);
    this.#bind(property.value, nothing);
  }

  #assign(variable: Variable, paths: Paths): void {
    const known = this.#variables.get(variable) ?? new PathSet();
    this.#variables.set(variable, known);
    for (const path of paths) {
      if (known.add(path)) this.#grew = true;
      this.#assigned.add(path);
    }
    if (known.full) this.#unclear = true;
  }
}

type ChildVisitor = (child: AnyNode, state: undefined, kind?: keyof typeof base) => void;
type ChildWalker = (node: AnyNode, state: undefined, visit: ChildVisitor) => void;

/** The property name in the source; undefined for a computed name. */
function keyOf(key: AnyNode, computed: boolean): string | undefined {
  if (!computed && key.type === "Identifier") return key.name;
  return key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
}
