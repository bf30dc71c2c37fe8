import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";

/** What an operation depends on, by the names of fields (`Query.player`) and types. */
export interface Touched {
  /** What it asks for: fields, those of an abstract type's members too, and the types of their values. */
  readonly touched: ReadonlySet<string>;
  /** The same, and beside it what its validity and its input depend on. */
  readonly needed: ReadonlySet<string>;
}

/** What a valid document touches. */
export function touchedBy(schema: GraphQLSchema, document: DocumentNode): Touched {
  const touched = new Set<string>();
  const needed = new Set<string>();
  const types = new TypeInfo(schema);
  const need = (type: GraphQLNamedType | null | undefined): void => {
    if (type == null || needed.has(type.name)) return;
    needed.add(type.name);
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) need(getNamedType(field.type));
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        const parent = types.getParentType();
        const type = getNamedType(types.getType());
        if (parent) touched.add(`${parent.name}.${name.value}`);
        // The members' own resolvers are what runs.
        if (isAbstractType(parent))
          for (const member of schema.getPossibleTypes(parent)) touched.add(`${member.name}.${name.value}`);
        if (type) touched.add(type.name);
        for (const arg of types.getFieldDef()?.args ?? []) need(getNamedType(arg.type));
      },
      NamedType: ({ name }) => need(schema.getType(name.value)),
    }),
  );
  for (const each of touched) needed.add(each);
  return { touched, needed };
}
