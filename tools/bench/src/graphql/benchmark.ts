import { join } from "node:path";
import type { Benchmark, Work } from "../harness/benchmark.ts";
import { players } from "./players.ts";

const programOf = (who: string): string => join(import.meta.dirname, `${who}.ts`);

const all = "id name position teamId shirt born height foot goals fit";
const [first] = players;

/** GraphQL over HTTP: operations whose fields call actions in the process of the gateway. */
export const graphqlBenchmark: Benchmark = {
  name: "graphql",
  works: [
    work(
      "one",
      "query One($id: Int!) { player(id: $id) { id name position } }",
      { id: 1 },
      {
        player: { id: first?.id, name: first?.name, position: first?.position },
      },
    ),
    work("list-100", `query List { players { ${all} } }`, {}, { players }),
  ],
  contenders: ["tidegate", "mercurius-jit", "mercurius", "yoga"].map((who) => ({
    who,
    program: programOf(who),
  })),
};

function work(name: string, query: string, variables: object, data: object): Work {
  return {
    name,
    request: {
      method: "POST",
      path: "/graphql",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query, variables }),
      expected: { status: 200, body: JSON.stringify({ data }) },
    },
  };
}
