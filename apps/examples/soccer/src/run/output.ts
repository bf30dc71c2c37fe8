import { styleText } from "node:util";

const colors = { demo: "bold", gateway: "cyan", player: "green", team: "yellow", match: "magenta" } as const;
const width = Math.max(...Object.keys(colors).map((name) => name.length));

/** A part of the demo that prints lines. */
export type OutputSource = keyof typeof colors;

/** Prints a line with the name of its source, in colour if the terminal supports it. */
export function printLine(source: OutputSource, line: string): void {
  console.log(`${styleText(colors[source], `${source.padEnd(width)} |`)} ${line}`);
}

/** The commands to try while the demo runs. @param tokens by person */
export function instructions(url: string, tokens: Readonly<Record<string, string>>): string {
  return [
    "The gateway serves all three services. In a browser:",
    "",
    `${url}          the matches and the table, live`,
    `${url}/graphql  GraphiQL, to write and send queries`,
    "",
    "In another terminal, set three tokens:",
    "",
    ...Object.entries(tokens).map(([person, token]) => `export ${person.toUpperCase()}=${token}`),
    "",
    "and try these commands:",
    "",
    ...Object.entries(commandsFor(url)).flatMap(([purpose, command]) => [
      // The purpose stands on its own line, so that the command can be copied.
      styleText("dim", `# ${purpose}`),
      command,
    ]),
    "",
    "Publish another fragment, valid or invalid, and read the log here:",
    "",
    ...fragmentFiles.map(
      (file) => `npx pnpm demo:service player --fragment apps/examples/soccer/src/try/${file}.ts`,
    ),
    "",
    "Ctrl-C stops the demo.",
  ].join("\n");
}

const fragmentFiles = [
  "changed",
  "unknown-connector",
  "function-syntax",
  "taken-route",
  "graphql-syntax",
  "taken-field",
];

/** The commands to try, by what they show. */
function commandsFor(url: string): Readonly<Record<string, string>> {
  const curl = (args: string): string => `curl -i ${args.replaceAll("/API", url)}`;
  const as = (person: string): string => `-H "authorization: Bearer $${person}"`;
  const json = (body: string): string => `-H content-type:application/json -d '${body}'`;
  const graphql = (query: string): string => `/API/graphql ${json(JSON.stringify({ query }))}`;
  const player = '{"name":"Ul Vimi","position":"forward","teamId":1}';
  const feed = `${url.replace("http", "ws")}/matches/feed`;
  const listen = `new WebSocket("${feed}").onmessage = ({ data }) => console.log(data)`;
  const batch =
    "{ viewer { name } a: player(id: 1) { name } b: player(id: 2) { name } c: player(id: 999) { name } }";
  return {
    "one player": curl("/API/players/1"),
    "a page of players; the action declares these parameters": curl(
      "'/API/players?limit=3&position=forward'",
    ),
    "the player of the token": curl(`/API/players/me ${as("PLAYER")}`),
    "a POST: 201 with a Location": curl(`/API/players ${as("ADMIN")} ${json(player)}`),
    "publish an event": curl(`/API/players/message ${as("PLAYER")} ${json('{"text":"hello"}')}`),
    "the match service has received the event": curl("/API/matches/ticker"),
    "an answer computed by a function": curl("/API/players/positions"),
    "a function that sets headers and body": curl("/API/matches/table.csv"),
    "GraphQL: one query over three services": curl(
      graphql("{ players(limit: 3) { name team { name matches(limit: 1) { date score } } } }"),
    ),
    "a batch: one of four players does not exist": curl(`${graphql(batch)} ${as("PLAYER")}`),
    "a mutation": curl(
      `${graphql('mutation { renamePlayer(id: 7, name: "Ul Vimi") { name } }')} ${as("PLAYER")}`,
    ),
    "how often these queries called the team service": curl("/API/teams/calls"),
    "the live feed over a WebSocket": `npx pnpm exec node -e '${listen}'`,
    "play half an hour at once": curl(`/API/matches/clock ${as("ADMIN")} ${json('{"minutes":30}')}`),
    "400 with the name of the parameter": curl("/API/players/abc"),
    "401 without a token": curl("/API/players/me"),
    "403 with the rule that refused": curl(`/API/players/me ${as("VISITOR")}`),
    "404 for an unknown path": curl("/API/nothing"),
    "405 with Allow": curl("-X DELETE /API/matches/table"),
    "branches, versions, services": curl("/API/~status"),
    "OpenAPI 3.1 of the REST routes": curl("/API/~catalog/openapi.json"),
    "AsyncAPI 3 of the sockets": curl("/API/~catalog/asyncapi.json"),
    "the GraphQL schema": curl("/API/~catalog/schema.graphql"),
  };
}
