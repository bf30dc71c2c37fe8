import { basename } from "node:path";
import { type ExportedName, exportedNames } from "./exported.ts";
import type { SourceText } from "./repository.ts";

/**
 * One row of the table: words of the old dialect, the usual word for the same thing, and the part of a path
 * in which the row holds. Without that part the row holds everywhere.
 */
export type Row = readonly [words: string, use: string, where?: string];

/**
 * Words that no exported name contains, whatever stands beside them: `playerHeirlooms` is refused as well.
 */
export const refusedWords: readonly Row[] = [
  ["heirloom heirlooms", "retainedFragments"],
  ["hearsay", "gossipVerification"],
  ["goodbye goodbyes", "gracefulLeave"],
  ["notice notices", "announcement"],
  ["inlet inlets", "StreamReceiver"],
  ["outlet outlets", "StreamSender"],
  ["board boards", "ClaimTable"],
  ["unplace unplaced", "unassign"],
  ["polite politely", "hasMixin"],
  ["remember remembers remembered", "memoize, or a lazy getter of a class"],
  ["annotation annotations", "memoize, or a lazy getter of a class"],
  ["printed", "sent"],
  ["told", "sent"],
  ["recall recalls recalled", "recompile"],
  ["revive revives revived", "recompile"],
  ["awake asleep dormant sleepers sleeping", "compiled or evicted"],
  ["wake wakes waken wakened", "recompile"],
  ["happened happening happenings", "runtimeEvents"],
  ["sketch sketches sketched", "truncate or preview"],
  ["essence essences", "fingerprint"],
  ["admit admits admitted admission", "resolveConflicts or accept"],
  ["stirred", "affected"],
  ["suspect suspects", "blamed"],
  ["challenger challengers", "claimant"],
  ["incumbent incumbents", "owner"],
  ["holder holders", "owner"],
  ["elder elders eldest", "oldestGateway"],
  ["outcast outcasts", "quarantined"],
  ["residents", "processes"],
  ["crowd crowds", "limits"],
  ["patience", "timeoutMs"],
  ["departure departures", "clientGone or leave"],
  ["handover", "upgrade"],
  ["retirement", "drain"],
  ["unshared", "cloneTree"],
  ["shown", "formatValue"],
  ["begun", "dispatched"],
];

/**
 * Whole names that are refused. Their words are ordinary words: other names, and other packages, can contain
 * them.
 */
export const refusedNames: readonly Row[] = [
  ["leaveInOrder", "gracefulLeave"],
  ["word wordOf declare", "nodeCapabilities", "-moleculer/"],
  ["layer layers", "OverlayMap", "core-registry/"],
  ["madeOnce", "memoize, or a lazy getter of a class"],
  ["isNews", "shouldSend"],
  ["sleep", "evict", "core-registry/"],
  ["cells homes", "processes", "sandbox/"],
  ["foreign", "foreignResolvers", "protocol-graphql/"],
  ["live", "activePart", "protocol-graphql/"],
  ["whole", "builtSchema", "protocol-graphql/"],
  ["blackBox", "crashLog"],
  ["near", "parent or previous", "core-registry/"],
  ["pace", "yieldToEventLoop", "packages/"],
  ["silence", "timeoutMs", "-moleculer/"],
  ["variant", "actionOnBranch", "-moleculer/"],
  ["within", "withTimeout", "-moleculer/"],
  ["evenIfFaulty", "alwaysRefine"],
  ["liesOn", "isUnder"],
  ["links", "streams", "-moleculer/"],
];

/**
 * Whole names that are refused for functions and methods only: `found` as data beside `expected` is right.
 */
export const refusedFunctions: readonly Row[] = [
  ["found", "addFinding"],
  ["tell", "send"],
  ["broke", "reportRuntime"],
];

/**
 * Returns one line for each exported name of a file, and for the file's own name, that uses the old dialect.
 */
export function dialectFaults(file: SourceText): string[] {
  const ownName = basename(file.path).replace(/(\.(test|types))*\.ts$/, "");
  const camelCase = ownName.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const fileName: ExportedName = { name: camelCase, path: basename(file.path), line: 1, callable: false };
  return [fileName, ...exportedNames(file)].flatMap((exported) => {
    const use = betterName(exported, file.path);
    return use === undefined ? [] : [`${file.path}:${exported.line}: ${exported.path}: use ${use}`];
  });
}

/** Returns what to use instead of a name of the old dialect, or `undefined` for a good name. */
export function betterName(
  { name, callable }: Pick<ExportedName, "name" | "callable">,
  path: string,
): string | undefined {
  if (/^most[A-Z]/.test(name)) return name.replace(/^most/, "max");
  const use = (table: readonly Row[], wanted: string): string | undefined =>
    table.find(([words, , where = ""]) => words.split(" ").includes(wanted) && path.includes(where))?.[1];
  const wholeName = name.charAt(0).toLowerCase() + name.slice(1);
  return (
    use(refusedNames, wholeName) ??
    (callable ? use(refusedFunctions, wholeName) : undefined) ??
    wordsOf(name)
      .map((word) => use(refusedWords, word))
      .find((better) => better !== undefined)
  );
}

/** Splits a name in camel case, or with dashes and underscores, into its words in lower case. */
export function wordsOf(name: string): string[] {
  return (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []).map((word) => word.toLowerCase());
}
