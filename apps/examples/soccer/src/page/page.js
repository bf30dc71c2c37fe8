// The page: asks for the matches and the table, listens to what happens, and asks again when a score changed.
// GraphQL both times: by fetch, and by graphql-transport-ws over a WebSocket.

const standings = `{
  today { id minute score home { name } away { name } }
  table { team { id name } played scored conceded points }
}`;
const happenings = `subscription {
  matchEvents {
    kind: __typename minute score
    match { id home { name } away { name } }
    ... on Goal { team { name } player { name } }
    ... on Card { color team { name } player { name } }
    ... on Whistle { period }
  }
}`;
const feedLimit = 60;
const longestPause = 10_000;

/** The element with an id. */
const at = (id) => document.getElementById(id);

/** Makes an element; texts among its children are texts, whatever they hold. */
function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const scoreOf = ([home, away]) => `${home}–${away}`;

/** Where teams stood when the page was opened, or at the last kick-off. */
let places = new Map();
/** The last whistle: all matches of a day begin at once. */
let lastPeriod;

async function refresh() {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: standings }),
  });
  const { data } = await response.json();
  showMatches(data.today);
  showTable(data.table);
}

// One question at a time; what comes meanwhile asks once more.
let asking;
let askAgain = false;
async function refreshSoon() {
  askAgain = true;
  if (asking !== undefined) return;
  while (askAgain) {
    askAgain = false;
    asking = refresh().catch((error) => console.warn("The standings could not be had.", error));
    await asking;
  }
  asking = undefined;
}

function showMatches(matches) {
  const before = new Map([...at("matches").children].map((row) => [row.dataset.id, row.dataset.score]));
  at("matches").replaceChildren(
    ...matches.map(({ id, minute, score, home, away }) => {
      const isOn = minute !== null;
      const row = make(
        "li",
        { className: isOn ? "on" : "" },
        make("span", { className: "home" }, home.name),
        make("span", { className: "score" }, scoreOf(score)),
        make("span", {}, away.name),
        make("span", { className: "minute" }, isOn ? `${minute}′` : "final"),
      );
      const known = before.get(id);
      Object.assign(row.dataset, { id, score: scoreOf(score) });
      if (known !== undefined && known !== scoreOf(score)) row.classList.add("new");
      return row;
    }),
  );
}

function showTable(rows) {
  const tops = new Map([...at("table").rows].map((row) => [row.dataset.id, row.getBoundingClientRect().top]));
  at("table").replaceChildren(
    ...rows.map(({ team, played, scored, conceded, points }, index) => {
      const difference = scored - conceded;
      const row = make(
        "tr",
        {},
        make("td", {}, String(index + 1)),
        make("th", { scope: "row" }, team.name, ...moved(places.get(team.id), index)),
        make("td", {}, String(played)),
        make("td", { className: "wide" }, `${scored}:${conceded}`),
        make("td", {}, difference > 0 ? `+${difference}` : String(difference).replace("-", "−")),
        make("td", {}, String(points)),
      );
      row.dataset.id = team.id;
      return row;
    }),
  );
  if (places.size === 0) places = new Map(rows.map(({ team }, index) => [team.id, index]));
  glide(tops);
}

/** The mark of a team that went up or down. */
function moved(before, now) {
  if (before === undefined || before === now) return [];
  const isUp = now < before;
  const by = Math.abs(now - before);
  return [
    make(
      "span",
      { className: isUp ? "move" : "move down", ariaHidden: "true" },
      isUp ? `▲ ${by}` : `▼ ${by}`,
    ),
    make("span", { className: "unseen" }, isUp ? `, up ${by}` : `, down ${by}`),
  ];
}

/** Lets rows move from where they were. */
function glide(tops) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const row of at("table").rows) {
    const way = (tops.get(row.dataset.id) ?? Number.NaN) - row.getBoundingClientRect().top;
    if (way)
      row.animate({ transform: [`translateY(${way}px)`, "none"] }, { duration: 500, easing: "ease-in-out" });
  }
}

function showEvent({ kind, minute, score, match, team, player, color, period }) {
  const result = `${match.home.name} ${scoreOf(score)} ${match.away.name}`;
  const who = make("small", {}, `${player?.name}, ${team?.name}`);
  const text = {
    Goal: [make("strong", {}, "Goal! "), result, who],
    Card: [`${color === "red" ? "Red" : "Yellow"} card`, who],
    Whistle: [`${period === "kickoff" ? "Kick-off" : "Full time"}: ${result}`],
  }[kind];
  const entry = make(
    "li",
    { className: "new" },
    make("span", { className: "minute" }, `${minute}′`),
    make("span", { className: `sign ${color ?? kind.toLowerCase()}`, ariaHidden: "true" }),
    make("div", {}, ...text),
  );
  entry.dataset.kind = kind;
  at("feed").prepend(entry);
  while (at("feed").children.length > feedLimit) at("feed").lastElementChild.remove();
}

function tellState(state) {
  at("state").dataset.state = state;
  at("state").textContent = state;
}

/** Listens, and begins again when the connection is lost: soon at first, then with longer pauses. */
function listen(pause = 500) {
  const address = new URL("/graphql", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "graphql-transport-ws");
  const send = (message) => socket.send(JSON.stringify(message));
  const answers = {
    connection_ack: () => {
      send({ id: "1", type: "subscribe", payload: { query: happenings } });
      tellState("live");
      pause = 500;
      void refreshSoon();
    },
    next: ({ payload }) => {
      if (payload.data === null || payload.data === undefined) return;
      const event = payload.data.matchEvents;
      showEvent(event);
      if (event.period === "kickoff" && lastPeriod !== "kickoff") places = new Map();
      lastPeriod = event.period ?? lastPeriod;
      void refreshSoon();
    },
    ping: () => send({ type: "pong" }),
    error: () => socket.close(1000),
    complete: () => socket.close(1000),
  };
  socket.onopen = () => send({ type: "connection_init" });
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    answers[message.type]?.(message);
  };
  socket.onclose = () => {
    tellState("connecting");
    setTimeout(() => listen(Math.min(pause * 2, longestPause)), pause);
  };
}

void refreshSoon();
listen();
// The minutes pass also where nothing happens.
setInterval(() => document.hidden || at("state").dataset.state !== "live" || refreshSoon(), 5_000);
