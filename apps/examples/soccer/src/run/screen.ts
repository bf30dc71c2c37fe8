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
  return [
    "All three services are merged. In another terminal, three tokens:",
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
      "400, with the parameter's name": curl("/API/players/abc"),
      "401": curl("/API/players/me"),
      "403, with the rule": curl(`/API/players/me ${as("VISITOR")}`),
      "404": curl("/API/nothing"),
      "405, with Allow": curl("-X DELETE /API/matches/table"),
      "branches, versions, services": curl("/API/~status"),
      "OpenAPI 3.1 of it all": curl("/API/~catalog/openapi.json"),
    }),
    "",
    "Change a fragment, or break one, and see what this log says:",
    "",
    ...["changed", "unknown-connector", "function-syntax", "taken-route"].map(
      (file) => `npx pnpm demo:service player --fragment apps/examples/soccer/src/try/${file}.ts`,
    ),
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
