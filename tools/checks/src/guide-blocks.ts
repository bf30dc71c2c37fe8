/** The code of a guide that stands in files of the repository. */
export interface GuideBlocks {
  /** The text of each file whose blocks make up the whole file, by its path from the root. */
  readonly files: ReadonlyMap<string, string>;
  /** Blocks that show a part of a file. */
  readonly excerpts: readonly { readonly path: string; readonly text: string }[];
}

/**
 * Collects the blocks of a guide that name a file: `ts PATH` is the next part of that file, with a blank line
 * between the parts, and `ts excerpt PATH` is a part of a file that the guide does not show as a whole.
 */
export function guideBlocks(markdown: string): GuideBlocks {
  const files = new Map<string, string>();
  const excerpts: { path: string; text: string }[] = [];
  for (const [, excerpt, path = "", text = ""] of markdown.matchAll(
    /^```\w+ (excerpt )?([\w./-]+\/[\w.-]+)\n(.*?)^```$/gms,
  )) {
    const before = files.get(path);
    if (excerpt !== undefined) excerpts.push({ path, text });
    else files.set(path, before === undefined ? text : `${before}\n${text}`);
  }
  return { files, excerpts };
}
