import { posix } from "node:path";
import type { SourceText } from "./repository.ts";

/** The folder of the specification, from the root. */
export const specificationFolder = "docs/specification";

/** Returns the anchors of a Markdown page: the ids of `<a id="...">`, and those that headings get. */
export function anchorsOf(markdown: string): Set<string> {
  const prose = withoutCode(markdown);
  const ids = [...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id ?? "");
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slugOf(heading ?? ""));
  return new Set([...ids, ...headings]);
}

/** A kind of citation that a reader of the repository cannot follow. */
export type Citation = "number" | "page" | "original document" | "old case id";

/** Returns one line for each place in a file with a citation of one kind. */
export type CitationCheck = (file: SourceText, anchors: ReadonlySet<string>) => string[];

/**
 * The checks, by kind:
 * - `number`: an `S9.4` or `S9` that is no anchor of the specification
 * - `page`: a page that is not in the repository
 * - `original document`: "the seed" and `seeds/`; a seed of random numbers is something else
 * - `old case id`: an id of a security case in its old form, `B07` instead of `hostile-07`
 */
export const citationChecks: Readonly<Record<Citation, CitationCheck>> = {
  number: (file, anchors) =>
    places(file, /(?<![\w%.$/#-])S(?:1\d|[1-9])(?:\.\d{1,2})?(?![\w-])/g, (number) =>
      anchors.has(number.toLowerCase()) ? undefined : `${number} is not in the specification`,
    ),
  page: (file) =>
    places(
      file,
      /\b(?:SPEC|DESIGN|STYLE|FOUND|STACK|IDEAS)\.md\b|\bRELIABILITY\b/g,
      (page) => `${page} is not in the repository: cite a number of the specification`,
    ),
  "original document": (file) =>
    places(file, originalDocument(file.text), (words) => `"${words}": cite a number of the specification`),
  "old case id": (file) =>
    places(
      file,
      oldCaseId,
      (id) => `${id} is the old id of a security case (a chapter is cited as "S11: ...")`,
    ),
};

// Two digits after a letter; a chapter has no leading zero. `B9:` was the whole chapter of hostile services.
// In the titles of tests a chapter is followed by a colon, so that a number that is followed by a word was
// the id of a sandbox case.
const oldCaseId =
  /(?<![\w%.$#{/-])(?:S0\d|S(?:19|2\d|3\d)|[ABGHJPRW]\d\d)(?![\w.}-])|\bB9(?=:)|(?<=["'`])S1\d(?= [a-zA-Z])|(?<=\bS1\d )S1\d\b/g;

/** Returns the pattern of `the seed`. A file with a variable `seed` means the seed of random numbers. */
function originalDocument(text: string): RegExp {
  const random = /\bseed\??\s*[:=,})]/.test(text);
  return random ? /\bthe seed's|\bseeds?\//gi : /\bthe (?:first |second )?seeds?\b(?:'s)?|\bseeds?\//gi;
}

/**
 * Returns one line for each relative link of a page that leads nowhere: no such file, or no such anchor in
 * it.
 */
export function brokenLinks(page: SourceText, readPage: (path: string) => string | undefined): string[] {
  return places(page, /\]\((?!\w+:)([^)\s]+)\)/g, (link) => {
    const [target = "", anchor] = link.slice(2, -1).split("#");
    const path = target === "" ? page.path : posix.join(posix.dirname(page.path), target);
    const text = readPage(path);
    if (text === undefined) return `${path} does not exist`;
    return anchor === undefined || anchorsOf(text).has(anchor) ? undefined : `${path} has no #${anchor}`;
  });
}

/** Returns the paths of TypeScript files that a page names in code spans, each once. */
export function namedFiles(markdown: string): string[] {
  return [
    ...new Set(
      [...markdown.matchAll(/`((?:packages|apps|tools)\/[\w./-]+\.ts)`/g)].map(([, path]) => path ?? ""),
    ),
  ];
}

function places(file: SourceText, pattern: RegExp, judge: (found: string) => string | undefined): string[] {
  return file.text.split("\n").flatMap((text, index) =>
    [...text.matchAll(pattern)].flatMap(([found]) => {
      const fault = judge(found);
      return fault === undefined ? [] : [`${file.path}:${index + 1}: ${fault}`];
    }),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```/gms, "");
}

/** Returns the anchor that GitHub gives to a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .trim()
    .replaceAll(" ", "-");
}
