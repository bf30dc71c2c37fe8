import { attachedValue, memoize, type Route } from "@tidegate/core-registry";
import { type DividedGroup, type Group, groupSlice } from "./group.ts";
import { type Match, makeTarget, type Target, type TargetInput } from "./target.ts";

/** The routes of one kind of one version. Immutable; parts of it belong to other versions too. */
export interface Tree<Kind extends Route> {
  /** What a method and a normalised path lead to. */
  find(method: string, path: string): Match<Kind> | undefined;
  /** Makes what the first look-ups would have to make, a little with each `next`. */
  prepare(): Iterator<void>;
}

/** What trees are made with. */
export interface TreesInput<Kind extends Route> extends Pick<TargetInput<Kind>, "methodOf"> {
  /** Picks the routes of the kind. */
  readonly isKind: (route: Route) => route is Kind;
  /** Told of a route that cannot be mounted; whoever made it should have told its owner. */
  readonly refused: (route: Route, problem: string) => void;
  /** Told of each node that is made, with the number of slices that it is made of. Default: nobody. */
  readonly made?: ((slices: number) => void) | undefined;
}

/** The routes below one beginning of a path. Its members are made when it is first asked: most are not, in most versions. */
interface Node<Kind extends Route> {
  /** What it is made of, until it is. */
  groups: readonly Group<Kind>[] | undefined;
  /** What follows where the next segment is static, by its text. */
  statics: ReadonlyMap<string, Node<Kind>>;
  /** What follows any other segment. */
  parameter: Node<Kind> | undefined;
  /** What a path leads to that ends here. */
  ends: Target<Kind> | undefined;
  /** What takes the rest of a path. */
  rest: Target<Kind> | undefined;
  /** Whether all of it, to its ends, is made. */
  prepared: boolean;
}

/** A root, and what it was made of. */
interface Root<Kind extends Route> {
  readonly groups: readonly Group<Kind>[];
  readonly node: Node<Kind>;
}

/** In how many groups a root may differ from the one before to be made of it. */
const mostDiffering = 16;

/** Most nodes are ends: they share it. */
const nothing: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * Makes trees of routes that answer as one rou3 router of all of them would, where versions that share slices share what is
 * made of them (S9.4): a version costs what is new in it.
 */
export function createTrees<Kind extends Route>(
  input: TreesInput<Kind>,
): (slices: readonly (readonly Route[])[]) => Tree<Kind> {
  const { isKind, methodOf, made } = input;
  const ofSlice = attachedValue<readonly Route[], Group<Kind>>();
  /** What one slice has alone is the same node in every version. */
  const aloneOf = memoize((group: Group<Kind>): Node<Kind> => emptyNode([group]));

  const refused = (route: Route, error: unknown): void =>
    input.refused(route, error instanceof Error ? error.message : String(error));

  function groupOf(slice: readonly Route[]): Group<Kind> {
    const group = ofSlice.get(slice) ?? groupSlice(slice.filter(isKind), refused);
    ofSlice.set(slice, group);
    return group;
  }

  function nodeOf(groups: readonly Group<Kind>[]): Node<Kind> {
    const [group] = groups;
    return group === undefined || groups.length > 1 ? emptyNode(groups) : aloneOf(group);
  }

  function opened(node: Node<Kind>): Node<Kind> {
    if (node.groups !== undefined) open(node, node.groups);
    return node;
  }

  function open(node: Node<Kind>, groups: readonly Group<Kind>[]): void {
    const divided = groups.map((group) => group.divided());
    const statics = new Map<string, Group<Kind>[]>();
    for (const part of divided)
      for (const [segment, group] of part.statics) {
        const others = statics.get(segment);
        if (others === undefined) statics.set(segment, [group]);
        else others.push(group);
      }
    const below = new Map<string, Node<Kind>>();
    for (const [segment, list] of statics) below.set(segment, nodeOf(list));
    node.statics = below.size === 0 ? nothing : below;
    Object.assign(node, endsOf(divided));
    node.groups = undefined;
    made?.(groups.length);
  }

  function endsOf(divided: readonly DividedGroup<Kind>[]): Pick<Node<Kind>, "parameter" | "ends" | "rest"> {
    const parameters = divided.flatMap(({ parameter }) => parameter ?? []);
    const target = { methodOf, refused };
    return {
      parameter: parameters.length === 0 ? undefined : nodeOf(parameters),
      ends: makeTarget(
        divided.flatMap(({ ends }) => ends),
        target,
      ),
      rest: makeTarget(
        divided.flatMap(({ rest }) => rest),
        target,
      ),
    };
  }

  /** @param at where the next segment begins, its slash included */
  function find(node: Node<Kind>, method: string, path: string, at: number): Match<Kind> | undefined {
    const { statics, parameter, ends, rest } = opened(node);
    if (at + 1 >= path.length) return ends?.(method, path) ?? rest?.(method, path);
    const slash = path.indexOf("/", at + 1);
    const end = slash === -1 ? path.length : slash;
    const beside = statics.get(path.slice(at + 1, end));
    return (
      (beside && find(beside, method, path, end)) ??
      (parameter && find(parameter, method, path, end)) ??
      rest?.(method, path)
    );
  }

  function* prepare(node: Node<Kind>): Generator<void> {
    const isNew = node.groups !== undefined;
    const { statics, parameter } = opened(node);
    if (isNew) yield;
    for (const child of statics.values()) if (!child.prepared) yield* prepare(child);
    if (parameter?.prepared === false) yield* prepare(parameter);
    node.prepared = true;
  }

  /** The root that was asked for last: the next one differs from it by a few of many slices. */
  let last: Root<Kind> | undefined;

  function rootFor(groups: readonly Group<Kind>[]): Node<Kind> {
    const difference = last === undefined ? undefined : differenceOf(last.groups, groups);
    const node =
      last === undefined || last.node.groups !== undefined || difference === undefined
        ? nodeOf(groups)
        : changedRoot(last.node, groups, difference);
    last = { groups, node };
    return node;
  }

  /** As `open` would make it of all groups. */
  function changedRoot(
    before: Node<Kind>,
    groups: readonly Group<Kind>[],
    difference: readonly Group<Kind>[],
  ): Node<Kind> {
    const divided = difference.map((group) => group.divided());
    const statics = new Map(before.statics);
    for (const segment of new Set(divided.flatMap((part) => [...part.statics.keys()]))) {
      const list = groups.flatMap((group) => group.divided().statics.get(segment) ?? []);
      if (list.length === 0) statics.delete(segment);
      else statics.set(segment, nodeOf(list));
    }
    made?.(difference.length);
    return { ...emptyNode(groups), groups: undefined, statics, ...openEnds(before, groups, divided) };
  }

  /** What of a root is not static: the same as before where none of what differs has any of it. */
  function openEnds(
    before: Node<Kind>,
    groups: readonly Group<Kind>[],
    differing: readonly DividedGroup<Kind>[],
  ): Pick<Node<Kind>, "parameter" | "ends" | "rest"> {
    const isStatic = differing.every(
      ({ parameter, ends, rest }) => parameter === undefined && ends.length + rest.length === 0,
    );
    if (isStatic) return { parameter: before.parameter, ends: before.ends, rest: before.rest };
    const divided = groups.map((group) => group.divided());
    return endsOf(divided);
  }

  return (slices) => {
    let root: Node<Kind> | undefined;
    const rootOf = (): Node<Kind> => {
      root ??= rootFor(slices.map(groupOf).filter(({ entries }) => entries.length > 0));
      return root;
    };
    return {
      find: (method, path) => find(rootOf(), method, path, 0),
      *prepare() {
        for (const slice of slices) {
          if (ofSlice.get(slice) !== undefined) continue;
          groupOf(slice);
          yield;
        }
        yield* prepare(rootOf());
      },
    };
  };
}

function emptyNode<Kind extends Route>(groups: readonly Group<Kind>[]): Node<Kind> {
  return {
    groups,
    statics: nothing,
    parameter: undefined,
    ends: undefined,
    rest: undefined,
    prepared: false,
  };
}

/** What is on one side alone; undefined where that is much, or where what is on both stands in another order. */
function differenceOf<Kind extends Route>(
  before: readonly Group<Kind>[],
  after: readonly Group<Kind>[],
): readonly Group<Kind>[] | undefined {
  const [old, young] = [new Set(before), new Set(after)];
  const gone = before.filter((group) => !young.has(group));
  const come = after.filter((group) => !old.has(group));
  if (gone.length + come.length > mostDiffering) return undefined;
  const kept = after.filter((group) => old.has(group));
  const inOrder = before.filter((group) => young.has(group)).every((group, index) => group === kept[index]);
  return inOrder ? [...gone, ...come] : undefined;
}
