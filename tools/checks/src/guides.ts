/** Commands of pnpm itself, for which no script exists. */
const builtIn = new Set(["add", "dlx", "exec", "install", "remove", "run", "update"]);

/** The paths and scripts that a guide names. All of them have to exist. */
export interface Named {
  /** Files and folders from the root; they may be glob patterns. */
  readonly paths: readonly string[];
  /** Scripts that are started by `pnpm NAME`. */
  readonly scripts: readonly string[];
}

/**
 * Reads the links, the code spans and the shell blocks of a Markdown text. A path is a word with a `/` inside
 * or at its end, or with a file's extension; words with a scheme, a placeholder or a leading `/` or `@` are
 * none.
 */
export function namedIn(markdown: string): Named {
  const blocks = [...markdown.matchAll(/^```(\w*)\n(.*?)^```/gms)];
  const shell = blocks.filter(([, language]) => language === "sh").map(([, , text]) => text ?? "");
  const prose = markdown.replaceAll(/^```.*?^```/gms, "");
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? "");
  const commands = [...spans, ...shell];
  const scripts = commands
    .flatMap((text) => [...text.matchAll(/\bpnpm ([a-z][\w:-]*)/g)].map(([, script]) => script ?? ""))
    .filter((script) => !builtIn.has(script));
  const links = [...prose.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target ?? "");
  const paths = [...commands.flatMap((text) => text.split(/\s+/)).filter(isPath), ...links];
  return { paths: [...new Set(paths)], scripts: [...new Set(scripts)] };
}

function isPath(word: string): boolean {
  if (/^[/@~-]|:|[<>{}()=,"$A-Z]{2}|localhost|127\./.test(word)) return false;
  return /^[\w.*-]+(\/[\w.*-]+)*\/?$/.test(word) && (word.includes("/") || /\.(json|ts|yaml|md)$/.test(word));
}
