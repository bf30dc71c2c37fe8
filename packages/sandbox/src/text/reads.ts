import type {
  AnyNode,
  AssignmentProperty,
  CallExpression,
  Expression,
  MemberExpression,
  Pattern,
  RestElement,
} from "acorn";
import { base } from "acorn-walk";
import type { Variable } from "eslint-scope";
import type { Names } from "./names.ts";
import type { FunctionNode, ParsedFunction } from "./parse.ts";
import { covering, covers, extend, PathSet, type Paths } from "./paths.ts";

const mostPasses = 12;

/**
 * Which properties of its first argument a function reads (S11.3): paths, each of which covers everything below it.
 *
 * Every expression is either followed (a member of something known goes one deeper, a variable stands for what it was
 * declared with) or *used*, and what is used is read whole. So a path may be too short, and never too long. What is
 * known of variables only grows; the text is walked until it grows no more.
 *
 * `util` is left out: the sandbox itself puts it into the argument.
 */
export function readsOf(parsed: ParsedFunction, names: Names): Paths | "all" {
  const variables = new Map<Variable, PathSet>();
  for (let pass = 0; pass < mostPasses; pass++) {
    const walk = walkOnce(parsed.node, names, variables);
    if (walk.unclear) return "all";
    if (!walk.grew)
      return covering([...walk.used.all, ...untold(walk)].filter(([first]) => first !== "util"));
  }
  return "all";
}

interface Walk {
  readonly used: PathSet;
  /** What was taken out of something, though perhaps never looked at. */
  readonly taken: PathSet;
  readonly unclear: boolean;
  readonly grew: boolean;
}

/** To take something out of what is missing fails: so it counts, unless what lies below it does. */
function untold({ used, taken }: Walk): Paths {
  return taken.all.filter(
    (path) => path.length > 1 && !used.all.some((other) => covers(path, other) || covers(other, path)),
  );
}

function walkOnce(whole: FunctionNode, names: Names, variables: Map<Variable, PathSet>): Walk {
  const used = new PathSet();
  const taken = new PathSet();
  const nothing: Paths = [];
  let unclear = false;
  let grew = false;

  const use = (paths: Paths): void => {
    for (const path of paths) used.add(path);
  };
  const useNode = (node: AnyNode): void => use(follow(node));

  /** The walker visits some nodes again as what they are a kind of (`Function`, `Pattern`). */
  const each =
    (node: AnyNode) =>
    (child: AnyNode, _state: undefined, kind?: Kind): void => {
      if (child === node && kind !== undefined) (base[kind] as ChildWalker)(node, undefined, each(node));
      else useNode(child);
    };

  /** What of the argument a node's value may be. */
  const follow = (node: AnyNode): Paths => {
    switch (node.type) {
      case "Identifier": {
        if (node.name === "arguments" || node.name === "eval") unclear = true;
        const variable = names.referred(node);
        return (variable && variables.get(variable)?.all) ?? nothing;
      }
      case "MemberExpression":
        return followMember(node);
      case "ChainExpression":
        return follow(node.expression);
      case "ParenthesizedExpression":
        return follow(node.expression);
      case "ConditionalExpression":
        useNode(node.test);
        return [...follow(node.consequent), ...follow(node.alternate)];
      case "LogicalExpression": {
        // Which side it is depends on the left one's value.
        const left = follow(node.left);
        use(left);
        return [...left, ...follow(node.right)];
      }
      case "SequenceExpression":
        for (const expression of node.expressions.slice(0, -1)) useNode(expression);
        return node.expressions.slice(-1).flatMap(follow);
      case "CallExpression":
        return call(node);
      case "VariableDeclarator":
        bind(node.id, node.init ? follow(node.init) : nothing);
        return nothing;
      case "Property":
        if (node.computed) useNode(node.key);
        useNode(node.value);
        return nothing;
      case "ObjectPattern":
      case "ArrayPattern":
      case "AssignmentPattern":
      case "RestElement":
        bind(node, nothing);
        return nothing;
      case "AssignmentExpression":
        if (node.operator !== "=" || node.left.type !== "Identifier") useNode(node.left);
        useNode(node.right);
        return nothing;
      default:
        (base[node.type] as ChildWalker)(node, undefined, each(node));
        return nothing;
    }
  };

  const followMember = (node: MemberExpression): Paths => {
    if (node.object.type === "Super") {
      if (node.computed) useNode(node.property);
      return nothing;
    }
    const paths = followObject(node.object);
    const key = keyOf(node.property, node.computed);
    if (key !== undefined) return deeper(paths, key);
    useNode(node.property);
    use(paths);
    return nothing;
  };

  /** `a?.b` of `a?.b.c`: where `a` is missing, `c` is not looked for, so `a` itself counts. */
  const followObject = (object: Expression): Paths => {
    const paths = follow(object);
    if (object.type === "MemberExpression" && object.optional)
      use(paths.filter(({ length }) => length > 1).map((path) => path.slice(0, -1)));
    return paths;
  };

  /** A method may look at everything that it is called on. */
  const call = ({ callee, arguments: given }: CallExpression): Paths => {
    for (const argument of given) useNode(argument);
    if (callee.type !== "MemberExpression") {
      if (callee.type !== "Super") useNode(callee);
      return nothing;
    }
    if (callee.object.type !== "Super") use(followObject(callee.object));
    if (callee.computed) useNode(callee.property);
    return nothing;
  };

  const deeper = (paths: Paths, key: string): Paths =>
    paths.flatMap((path) => {
      const longer = extend(path, key);
      if (longer === undefined) use([path]);
      return longer === undefined ? [] : [longer];
    });

  const remember = (variable: Variable, paths: Paths): void => {
    const known = variables.get(variable) ?? new PathSet();
    variables.set(variable, known);
    for (const path of paths) {
      if (known.add(path)) grew = true;
      taken.add(path);
    }
    if (known.full) unclear = true;
  };

  /** Takes a value apart as a pattern does. */
  const bind = (pattern: Pattern, paths: Paths): void => {
    switch (pattern.type) {
      case "Identifier": {
        const variable = names.declared(pattern);
        if (variable === undefined) use(paths);
        else remember(variable, paths);
        break;
      }
      case "ObjectPattern":
        if (pattern.properties.length === 0) use(paths);
        for (const property of pattern.properties) bindMember(property, paths);
        break;
      case "AssignmentPattern":
        // Whether the default is taken depends on the value.
        use(paths);
        bind(pattern.left, [...paths, ...follow(pattern.right)]);
        break;
      case "ArrayPattern":
        use(paths);
        for (const element of pattern.elements) if (element) bind(element, nothing);
        break;
      case "RestElement":
        use(paths);
        bind(pattern.argument, nothing);
        break;
      default:
        use(paths);
        useNode(pattern);
    }
  };

  const bindMember = (property: AssignmentProperty | RestElement, paths: Paths): void => {
    const key = property.type === "RestElement" ? undefined : keyOf(property.key, property.computed);
    if (property.type === "RestElement") bind(property, paths);
    else if (key !== undefined) bind(property.value, deeper(paths, key));
    else {
      useNode(property.key);
      use(paths);
      bind(property.value, nothing);
    }
  };

  const [first, ...others] = whole.params;
  if (first?.type === "AssignmentPattern") {
    // The argument is always there: its default is never taken.
    bind(first.left, [[]]);
    useNode(first.right);
  } else if (first !== undefined) bind(first, [[]]);
  for (const other of others) bind(other, nothing);
  useNode(whole.body);
  return { used, taken, unclear: unclear || used.full || taken.full, grew };
}

type Kind = keyof typeof base;
type ChildWalker = (
  node: AnyNode,
  state: undefined,
  each: (child: AnyNode, state: undefined, kind?: Kind) => void,
) => void;

function keyOf(key: AnyNode, computed: boolean): string | undefined {
  if (!computed && key.type === "Identifier") return key.name;
  return key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
}
