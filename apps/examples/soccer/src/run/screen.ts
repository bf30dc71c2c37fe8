import { styleText } from "node:util";

const colors = { demo: "bold", gateway: "cyan", player: "green", team: "yellow", match: "magenta" } as const;
const width = Math.max(...Object.keys(colors).map((name) => name.length));

/** Who writes on the demo's screen. */
export type ScreenSpeaker = keyof typeof colors;

/** Prints a line behind the name of who says it, coloured where the terminal can. */
export function show(speaker: ScreenSpeaker, line: string): void {
  console.log(`${styleText(colors[speaker], `${speaker.padEnd(width)} |`)} ${line}`);
}

/** What to try, and with which tokens. */
export function whatToTry(url: string, tokens: Readonly<Record<string, string>>): string {
  const curl = (rest: string): string => `curl -i ${rest.replaceAll("/API", url)}`;
  const as = (person: string): string => `-H "authorization: Bearer $${person}"`;
  const json = (body: string): string => `-H content-type:application/json -d '${body}'`;
  const player = '{"name":"Ul Vimi","position":"forward","teamId":1}';
  const graphql = (query: string): string => `/API/graphql ${json(JSON.stringify({ query }))}`;
  const feed = `${url.replace("http", "ws")}/matches/feed`;
  return [
    "All three services are merged. In a browser:",
    "",
    `${url}          the matches and the table, as they move`,
    `${url}/graphql  GraphiQL: queries to write and to try`,
    "",
    "In another terminal, three tokens:",
    "",
    ...Object.entries(tokens).map(([person, token]) => `export ${person.toUpperCase()}=${token}`),
    "",
    "and what to try:",
    "",
    ...commands({
      "one player": curl("/API/players/1"),
      "a page of them; the action declares what it takes": curl("'/API/players?limit=3&position=forward'"),
      "the player whose token it is": curl(`/API/players/me ${as("PLAYER")}`),
      "a POST: 201 with a Location": curl(`/API/players ${as("ADMIN")} ${json(player)}`),
      "a publish": curl(`/API/players/message ${as("PLAYER")} ${json('{"text":"hello"}')}`),
      "the match service has heard it": curl("/API/matches/ticker"),
      "a map: a function alone": curl("/API/players/positions"),
      "headers and body from a map": curl("/API/matches/table.csv"),
      "GraphQL: one query over three services": curl(
        graphql("{ players(limit: 3) { name team { name matches(limit: 1) { date score } } } }"),
      ),
      "a batch: of four players one is not there": curl(
        `${graphql("{ viewer { name } one: player(id: 1) { name } two: player(id: 2) { name } three: player(id: 999) { name } }")} ${as("PLAYER")}`,
      ),
      "a mutation": curl(
        `${graphql('mutation { renamePlayer(id: 7, name: "Ul Vimi") { name } }')} ${as("PLAYER")}`,
      ),
      "how often the team service was called for all that": curl("/API/teams/calls"),
      "the live feed over a WebSocket": `npx pnpm exec node -e 'new WebSocket("${feed}").onmessage = ({ data }) => console.log(data)'`,
      "half an hour passes at once": curl(`/API/matches/clock ${as("ADMIN")} ${json('{"minutes":30}')}`),
      "400, with the parameter's name": curl("/API/players/abc"),
      "401, without a token": curl("/API/players/me"),
      "403, with the rule": curl(`/API/players/me ${as("VISITOR")}`),
      "404, where nothing is": curl("/API/nothing"),
      "405, with Allow": curl("-X DELETE /API/matches/table"),
      "branches, versions, services": curl("/API/~status"),
      "OpenAPI 3.1 of the REST routes": curl("/API/~catalog/openapi.json"),
      "AsyncAPI 3 of the sockets": curl("/API/~catalog/asyncapi.json"),
      "the schema of GraphQL": curl("/API/~catalog/schema.graphql"),
    }),
    "",
    "Change a fragment, or break one, and see what this log says:",
    "",
    ...[
      "changed",
      "unknown-connector",
      "function-syntax",
      "taken-route",
      "graphql-syntax",
      "taken-field",
    ].map((file) => `npx pnpm demo:service player --fragment apps/examples/soccer/src/try/${file}.ts`),
    "",
    "Ctrl-C stops all of it.",
  ].join("\n");
}

/** What each command is for on a line above it, so that the command can be copied alone. */
function commands(byPurpose: Readonly<Record<string, string>>): string[] {
  return Object.entries(byPurpose).flatMap(([purpose, command]) => [
    styleText("dim", `# ${purpose}`),
    command,
  ]);
}
