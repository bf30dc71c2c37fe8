/** The query of a URL's path and query: without prototype, a repeated key is an array. */
export function parseQuery(url: string): Readonly<Record<string, string | readonly string[]>> {
  const at = url.indexOf("?");
  return collect(at === -1 ? "" : url.slice(at + 1));
}

/** URL-encoded fields: without prototype, a repeated key is an array. */
export function collect(encoded: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null);
  if (encoded === "") return fields;
  for (const [key, value] of new URLSearchParams(encoded)) {
    const before = fields[key];
    if (before === undefined) fields[key] = value;
    else if (typeof before === "string") fields[key] = [before, value];
    else before.push(value);
  }
  return fields;
}
