import type { FragmentInput } from "@tidegate/core-registry";

/**
 * The fragment of the specification's user service. The specification defines `UserInput` under the name
 * `SportsUserInput`, and does not define `Gender`.
 * @param input the name of the input type
 * @param more further definitions
 */
export const user = (input: string, more: string): FragmentInput => ({
  branch: "master",
  policy: {
    call: [
      {
        actions: ["user.update"],
        description: "A user can update the user profile which is belongs to own account.",
        scope: ["user.write"],
        filter: `({ context, params }) => {
          console.log(context);
          if (params.id) {
            return context.auth.identity.sub === params.id;
          }
          return false;
        }`,
      },
    ],
  },
  protocol: {
    GraphQL: {
      typeDefs: `
        extend type Query {
          viewer: User
          user(id: Int, identityId: String, username: String, where: JSON): User
        }

        extend type Mutation {
          createUser(input: UserInput!): User!
          updateUser(input: UserInput!): User!
        }

        input ${input} {
          id: Int
          username: String
          birthdate: Date
          gender: Gender
          name: String
          pictureFileId: String
        }

        type User {
          id: Int!
          username: String!
          name: String!
          birthdate: Date
          gender: Gender
          pictureFile: File
        }
        ${more}
      `,
      resolvers: {
        User: {
          pictureFile: {
            call: {
              if: "({ source }) => !!source.pictureFileId",
              action: "storage.find",
              params: { id: "@source.pictureFileId[]" },
            },
          },
        },
        Mutation: {
          createUser: { call: { action: "user.create", params: "@args.input", implicitParams: false } },
          updateUser: { call: { action: "user.update", params: "@args.input", implicitParams: false } },
        },
      },
    },
  },
});
