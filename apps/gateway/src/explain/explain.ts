import { nearestName } from "@tidegate/core-registry";
import { connectorCodes } from "./connectors.ts";
import { errorExplanations } from "./errors.ts";
import type { Explanation, Explanations } from "./explanation.ts";
import { fragmentCodes } from "./fragments.ts";
import { functionCodes } from "./functions.ts";
import { graphqlCodes } from "./graphql.ts";

const sections: Readonly<Record<string, Explanations>> = {
  "The fragment": fragmentCodes,
  "Connectors, params and rules": connectorCodes,
  Functions: functionCodes,
  GraphQL: graphqlCodes,
  "Errors of requests and of the gateway": errorExplanations,
};

const explanations: Explanations = Object.assign({}, ...Object.values(sections));

/** All codes that have an explanation, in alphabetical order. */
export const explainedCodes: readonly string[] = Object.keys(explanations).sort();

/** Explains a code as text for a terminal; undefined where the code is unknown. */
export function explain(code: string): string | undefined {
  const explanation = Object.hasOwn(explanations, code) ? explanations[code] : undefined;
  return explanation && [code, ...paragraphs(explanation)].join("\n\n");
}

/** The code that an unknown one probably means; undefined where none is similar. */
export function nearestCode(code: string): string | undefined {
  return nearestName(code.toUpperCase().replaceAll("-", "_"), explainedCodes);
}

/** The page `docs/findings.md`. */
export function findingsPage(): string {
  const parts = Object.entries(sections).flatMap(([title, codes]) => [
    `## ${title}`,
    ...Object.entries(codes).flatMap(([code, explanation]) => [`### ${code}`, ...paragraphs(explanation)]),
  ]);
  return `${[intro, ...parts].map(wrapped).join("\n\n")}\n`;
}

const intro = `# Findings

Every code of reports and errors: what it means, an input that causes it, and what to do. \`tidegate explain CODE\`
prints the same text. The status of each error is in [errors](errors.md).

<!-- apps/gateway/test/explain.test.ts writes this page: npx pnpm exec vitest run -u --project @tidegate/gateway -->`;

function paragraphs({ meaning, example, mend }: Explanation): string[] {
  return [meaning, ...(example === undefined ? [] : [exampleText(example)]), `What to do: ${mend}`];
}

/** Code is shown as code; a sentence that contains code is shown as it is. */
function exampleText(example: string): string {
  const isCode = /[{}()]|^(extend |tidegate )/.test(example) && !example.includes("`");
  return `For example: ${isCode ? `\`${example}\`` : example}`;
}

const maxWidth = 118;

/** Breaks the long lines of a paragraph between words. */
function wrapped(paragraph: string): string {
  if (paragraph.startsWith("#") && !paragraph.includes("\n")) return paragraph;
  return paragraph.split("\n").map(wrappedLine).join("\n");
}

function wrappedLine(line: string): string {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + word.length >= maxWidth) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current].join("\n");
}
