/** Whether something can be published under a name (S6.5): no pattern, no empty segment, no leading `$`, at most 256 characters. */
export function isEventName(name: string): boolean {
  return name.length <= 256 && !/[*?]|^\$|^\.|\.\.|\.$|^$/.test(name);
}
