/** Goes on with a value: at once where it is there, else when its promise has it. No promise is made that is not needed. */
export function chain<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next,
): Next | Promise<Awaited<Next>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<Next>>) : next(value);
}
