import type { FragmentInput } from "@tidegate/core-registry";

/** The REST routes of the specification's storage service, without multipart uploads. */
export const storageRest: FragmentInput = {
  branch: "master",
  policy: {},
  protocol: {
    REST: {
      basePath: "/storage",
      routes: [
        {
          path: "/",
          method: "GET",
          call: {
            action: "storage.get",
            params: { offset: "@query.offset:number", limit: "@query.limit:number" },
          },
        },
        {
          path: "/download/:id",
          method: "GET",
          call: {
            action: "storage.getURL",
            params: {
              id: "@path.id",
              expiryHours: "@query.expiryHours:number",
              prompt: "@query.prompt:boolean",
              promptAs: "@query.promptAs:string",
            },
            map: `({ response }) => ({
              $status: response ? 303 : 404,
              $headers: response ? { "Location": response } : undefined,
            })`,
          },
        },
        {
          path: "/:id",
          method: "GET",
          call: {
            action: "storage.find",
            params: { id: "@path.id" },
            map: "({ response }) => ({ $status: response ? 200 : 404, $body: response })",
          },
        },
        { path: "/:id", method: "PUT", call: { action: "storage.update", params: { id: "@path.id" } } },
        { path: "/:id", method: "DELETE", call: { action: "storage.delete", params: { id: "@path.id" } } },
      ],
    },
  },
};

/** The function of `File.size` as JavaScript: without the `: any` of the specification. */
export const sizeText = `({ source }) => {
  const { byteSize = 0 } = source;
  const boundary = 1000;
  if (byteSize < boundary) {
    return \`\${byteSize} B\`;
  }
  let div = boundary;
  let exp = 0;
  for (let n = byteSize / boundary; n >= boundary; n /= boundary) {
    div *= boundary;
    exp++;
  }
  const size = byteSize / div;
  return \`\${isNaN(size) ? "-" : size.toLocaleString()} \${"KMGTPE"[exp]}B\`;
}`;

/** The GraphQL part of the specification's storage service. */
export const storageGraphQL = (size: string): FragmentInput => ({
  branch: "master",
  policy: {},
  protocol: {
    GraphQL: {
      typeDefs: `
        extend type Query { storage: StorageQuery! }

        type StorageQuery {
          files(offset: Int = 0, limit: Int = 10): FileList!
          file(id: ID!): File
        }

        type File {
          id: ID!
          name: String!
          contentType: String!
          tags: JSON!
          private: Boolean!
          byteSize: Int!
          size: String!
          url(expiryHours: Int = 2, prompt: Boolean = false, promptAs: String): String!
          updatedAt: DateTime!
          createdAt: DateTime!
        }

        type FileList {
          offset: Int!
          limit: Int!
          # it is not exact value
          total: Int!
          entries: [File!]!
          hasNext: Boolean!
          hasPrev: Boolean!
        }

        extend type Mutation { storage: StorageMutation! }

        type StorageMutation {
          upload(file: Upload!): File!
          update(id: ID!, name: String, tags: JSON, private: Boolean): File!
          delete(id: ID!): Boolean!
        }
      `,
      resolvers: {
        Query: { storage: "() => ({})" },
        Mutation: { storage: "() => ({})" },
        StorageMutation: {
          upload: {
            call: {
              action: "storage.create",
              params: { file: "@args.file", meta: { allowedContentTypes: [], private: false } },
            },
          },
          update: { call: { action: "storage.update", params: {} } },
          delete: { call: { action: "storage.delete", params: {} } },
        },
        StorageQuery: {
          file: { call: { action: "storage.find", params: { id: "@args.id[]" } } },
          files: {
            call: { action: "storage.get", params: { offset: "@args.offset", limit: "@args.limit" } },
          },
        },
        File: {
          url: {
            call: {
              action: "storage.getURL",
              params: {
                id: "@source.id[]",
                expiryHours: "@args.expiryHours",
                prompt: "@args.prompt",
                promptAs: "@args.promptAs",
              },
            },
          },
          size,
        },
        FileList: { hasPrev: "({ source }) => source.offset > 0" },
      },
    },
  },
});
