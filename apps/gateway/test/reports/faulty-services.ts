import type { TestService } from "@tidegate/plugin-testkit";

const get = { params: { type: "object", properties: { id: { type: "string" } } } };
const actions: NonNullable<TestService["actions"]> = {
  get,
  list: { params: { type: "object" } },
  remove: get,
  bare: {},
  secret: { published: false },
};

/** A service whose fragment has one kind of error or warning. */
export interface FaultyService {
  /** The title of the case. The name of its golden file is derived from it. */
  readonly what: string;
  /** The code of the expected finding. */
  readonly code: string;
  readonly service: TestService;
}

/** The service `player` with a fragment. Its actions are those of all cases. */
export const service = (fragment: unknown): TestService => ({ name: "player", fragment, actions });

/** A service with these routes below `/players`. */
export const rest = (...routes: object[]): TestService =>
  service({ protocol: { REST: { basePath: "/players", routes } } });

/** A service with these rules, and these routes below `/players`. */
export const guarded = (policy: object, ...routes: object[]): TestService =>
  service({ policy, protocol: { REST: { basePath: "/players", routes } } });

/** A route with `GET /:id`, unless the parts have another method or path. */
export const route = (parts: object): object => ({ method: "GET", path: "/:id", ...parts });

/** A service with these types and resolvers. */
export const graphql = (typeDefs: string, resolvers: object = {}): TestService =>
  service({ protocol: { GraphQL: { typeDefs, resolvers } } });

/** A service with one WebSocket route. */
export const socket = (parts: object): TestService =>
  service({ protocol: { WebSocket: { basePath: "/feed", routes: [{ path: "/", ...parts }] } } });
