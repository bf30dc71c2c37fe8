/** Parses URL-encoded fields into an object without prototype; a repeated key becomes an array. */
export function parseFields(encoded: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null);
  if (encoded === "") return fields;
  for (const [key, value] of new URLSearchParams(encoded)) {
    const previous = fields[key];
    if (previous === undefined) fields[key] = value;
    else if (typeof previous === "string") fields[key] = [previous, value];
    else previous.push(value);
  }
  return fields;
}

/** Whether all escapes of an encoded text are complete and UTF-8: `%zz`, `%ff` and `%E0%A4%A` are not. */
export function isDecodable(encoded: string): boolean {
  if (!encoded.includes("%")) return true;
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}
