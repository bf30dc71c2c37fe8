import fc from "fast-check";

// Few names, so that definitions meet. Some are provided, reserved, or names of `Object.prototype`.
const oddNames = fc.constantFrom(
  ...["A", "I", "P", "U", "V", "Query", "Node", "Mutation", "Subscription", "Missing", "Upload", "Int"],
  ...["__A", "constructor", "toString", "__Schema", "Boolean"],
);
const orOdd = (...usual: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 15, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: oddNames });
const objects = orOdd("A", "B", "C");
const interfaceNames = orOdd("I", "J");
const inputs = orOdd("P", "R");
const enums = orOdd("V", "W");
const unions = orOdd("U", "X");
const outputTypes = orOdd("A", "B", "C", "I", "J", "U", "V", "W", "Int", "ID", "String", "JSON");
const inputTypes = orOdd("P", "R", "V", "W", "Int", "ID", "String", "JSON", "DateTime");
const members = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom("a", "b", "c", "d", "e", "id") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("__x", "constructor", "toString", "__proto__", "_version", "node"),
  },
);
const typeOf = (names: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(names, fc.constantFrom("N", "N", "N", "N", "N!", "[N]", "[N]!", "[N!]!", "[[N]]"))
    .map(([name, form]) => form.replace("N", name));
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("1", '"text"', "null", "true", "A", "1.5", "{}", "[]", '"2026-11-21"', "constructor"),
    fc.array(tie("value"), { maxLength: 2 }).map((values) => `[${values.join(", ")}]`),
    fc
      .array(fc.tuple(members, tie("value")), { maxLength: 2 })
      .map((fields) => `{ ${fields.map(([name, inner]) => `${name}: ${inner}`).join(" ")} }`),
  ),
})).value;
const directive = fc.oneof(
  { weight: 60, arbitrary: fc.constant("") },
  { weight: 4, arbitrary: fc.constant("@deprecated") },
  { weight: 1, arbitrary: value.map((reason) => `@deprecated(reason: ${reason})`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("@oneOf", "@skip(if: 3)", "@unknown", "@deprecated(why: 1)", "@oneOf @oneOf"),
  },
  { weight: 1, arbitrary: value.map((url) => `@specifiedBy(url: ${url})`) },
);
const initial = fc.oneof(
  { weight: 5, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: value.map((each) => `= ${each}`) },
);
const inputValue = fc
  .tuple(members, typeOf(inputTypes), initial, directive)
  .map(([name, of, init, with_]) => `${name}: ${of} ${init} ${with_}`);
const some = <Value>(each: fc.Arbitrary<Value>, maxLength = 3): fc.Arbitrary<readonly Value[]> =>
  fc.array(each, { minLength: 1, maxLength });
const args = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: some(inputValue, 2).map((each) => `(${each.join(", ")})`) },
);
const field = fc
  .tuple(members, args, typeOf(outputTypes), directive)
  .map(([name, with_, of, and]) => `${name}${with_}: ${of} ${and}`);
const block = (each: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: some(each).map((parts) => `{ ${parts.join(" ")} }`) },
    { weight: 1, arbitrary: fc.constant("") },
  );
const interfaces = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: some(interfaceNames, 2).map((each) => `implements ${each.join(" & ")}`) },
);
const extension = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constant("extend ") },
);
const enumValue = fc.tuple(orOdd("A", "B", "a", "b", "c"), directive).map((parts) => parts.join(" "));
const definition = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(extension, objects, interfaces, block(field))
      .map(([extend, ...rest]) => `${extend}type ${rest.join(" ")}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(extension, interfaceNames, interfaces, block(field))
      .map(([extend, ...rest]) => `${extend}interface ${rest.join(" ")}`),
  },
  { weight: 4, arbitrary: block(field).map((fields) => `extend type Query ${fields}`) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(extension, inputs, directive, block(inputValue))
      .map(([extend, ...rest]) => `${extend}input ${rest.join(" ")}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(extension, unions, directive, some(objects))
      .map(([extend, name, with_, types]) => `${extend}union ${name} ${with_} = ${types.join(" | ")}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(extension, enums, directive, block(enumValue))
      .map(([extend, ...rest]) => `${extend}enum ${rest.join(" ")}`),
  },
  { weight: 1, arbitrary: fc.constantFrom("scalar A", "extend schema { query: A }", "union C", "{ a }") },
);

/** Generates definitions by the grammar, without regard to whether they mean anything. */
export const definitions: fc.Arbitrary<string> = some(definition, 4).map((parts) => parts.join("\n"));
