const textSources = new WeakSet<object>();

/**
 * Marks the value of a source of typed values as text, such as the fields of a form: where params are filled
 * in, its members are cast to the declared types, as those of a query are (S3.3). Returns the value.
 */
export function textSource<Value extends object>(value: Value): Value {
  textSources.add(value);
  return value;
}

/** Whether a value was marked by {@link textSource}. */
export function isTextSource(value: unknown): boolean {
  return typeof value === "object" && value !== null && textSources.has(value);
}
