import type { ServiceBroker } from "moleculer";
import { playerType, queryFields } from "./players.ts";

/** A schema as the libraries take it. */
export interface Executable {
  /** In GraphQL's schema language. */
  readonly typeDefs: string;
  /** By type and field. */
  readonly resolvers: {
    readonly Query: Readonly<Record<string, (source: unknown, args: object) => unknown>>;
  };
}

/** The schema by hand: each resolver calls the action that ours is mapped to. */
export function executable(broker: ServiceBroker): Executable {
  return {
    typeDefs: `${playerType} type Query ${queryFields}`,
    resolvers: {
      Query: {
        player: (_, args) => broker.call("player.get", { id: Reflect.get(args, "id") }),
        players: () => broker.call("player.list"),
      },
    },
  };
}
