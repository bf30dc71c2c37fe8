/** The headings of the README of a published package, in this order. A private package needs only `Use`. */
export const outline: readonly string[] = ["Install", "Use", "Options"];

/** Returns one line for each fault of a README: a wrong title, a missing, misplaced or empty section. */
export function readmeFaults(
  name: string,
  markdown: string,
  headings: readonly string[] = outline,
): string[] {
  const [head = "", ...rest] = markdown.replaceAll(/^```.*?^```/gms, "(code)").split(/^## /m);
  const sections = rest.map((section) => ({
    heading: section.split("\n", 1)[0]?.trim() ?? "",
    empty: section.split("\n").slice(1).join("").trim() === "",
  }));
  const faults: string[] = [];
  if (!head.startsWith(`# ${name}\n`)) faults.push(`the title is not "# ${name}"`);
  if (head.split("\n").slice(1).join("").trim() === "")
    faults.push("nothing under the title says what it is");
  const found = sections.map(({ heading }) => heading).filter((heading) => headings.includes(heading));
  if (found.join() !== headings.join())
    faults.push(
      `expected the sections ${headings.join(", ")} in this order, found ${found.join(", ") || "none"}`,
    );
  for (const { heading, empty } of sections) if (empty) faults.push(`the section ${heading} is empty`);
  return faults;
}
