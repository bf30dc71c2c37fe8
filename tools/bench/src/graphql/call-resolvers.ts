import type { ServiceBroker } from "moleculer";
import { playerType, queryFields } from "./players.ts";

/** A schema in the form that other GraphQL servers accept. */
export interface Executable {
  readonly typeDefs: string;
  readonly resolvers: {
    readonly Query: Readonly<Record<string, (source: unknown, args: object) => unknown>>;
  };
}

/** A schema whose resolvers call the same actions as the connectors of our fragment. */
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
