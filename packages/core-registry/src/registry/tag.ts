const digits = /^[0-9a-f]{8,32}$/;

/** Whether a tag is 8 to 32 hex digits, and those that an id begins with (S9.5). */
export function isTagOf(tag: string, id: string): boolean {
  return id.startsWith(tag) && digits.test(tag);
}
