// The script of the page. It queries the matches and the table with fetch, subscribes to events over a
// WebSocket (graphql-transport-ws), and queries again after each event.

const standingsQuery = `{
  today { id minute score home { name } away { name } }
  table { team { id name } played scored conceded points }
}`;
const eventsSubscription = `subscription {
  matchEvents {
    kind: __typename minute score
    match { id home { name } away { name } }
    ... on Goal { team { name } player { name } }
    ... on Card { color team { name } player { name } }
    ... on Whistle { period }
  }
}`;
const maxFeedEntries = 60;
const maxRetryMs = 10_000;

/** Returns the element with an id. */
const byId = (id) => document.getElementById(id);

/** Creates an element. Strings among the children become text nodes, so HTML in them has no effect. */
function createElement(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const scoreText = ([home, away]) => `${home}–${away}`;

/** The places of the teams when the page was opened, or at the last kick-off. */
let places = new Map();
/** The period of the last whistle. All matches of a day begin at the same time. */
let lastPeriod;

async function refresh() {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: standingsQuery }),
  });
  const { data } = await response.json();
  showMatches(data.today);
  showTable(data.table);
}

// At most one query runs at a time. A call during a query repeats it once.
let running;
let repeat = false;
async function refreshSoon() {
  repeat = true;
  if (running !== undefined) return;
  while (repeat) {
    repeat = false;
    running = refresh().catch((error) => console.warn("The query of the standings failed.", error));
    await running;
  }
  running = undefined;
}

function showMatches(matches) {
  const before = new Map([...byId("matches").children].map((row) => [row.dataset.id, row.dataset.score]));
  byId("matches").replaceChildren(
    ...matches.map(({ id, minute, score, home, away }) => {
      const isOn = minute !== null;
      const row = createElement(
        "li",
        { className: isOn ? "on" : "" },
        createElement("span", { className: "home" }, home.name),
        createElement("span", { className: "score" }, scoreText(score)),
        createElement("span", {}, away.name),
        createElement("span", { className: "minute" }, isOn ? `${minute}′` : "final"),
      );
      const known = before.get(id);
      Object.assign(row.dataset, { id, score: scoreText(score) });
      if (known !== undefined && known !== scoreText(score)) row.classList.add("new");
      return row;
    }),
  );
}

function showTable(rows) {
  const tops = new Map(
    [...byId("table").rows].map((row) => [row.dataset.id, row.getBoundingClientRect().top]),
  );
  byId("table").replaceChildren(
    ...rows.map(({ team, played, scored, conceded, points }, index) => {
      const difference = scored - conceded;
      const row = createElement(
        "tr",
        {},
        createElement("td", {}, String(index + 1)),
        createElement("th", { scope: "row" }, team.name, ...movementOf(places.get(team.id), index)),
        createElement("td", {}, String(played)),
        createElement("td", { className: "wide" }, `${scored}:${conceded}`),
        createElement("td", {}, difference > 0 ? `+${difference}` : String(difference).replace("-", "−")),
        createElement("td", {}, String(points)),
      );
      row.dataset.id = team.id;
      return row;
    }),
  );
  if (places.size === 0) places = new Map(rows.map(({ team }, index) => [team.id, index]));
  animateRows(tops);
}

/** The marker of a team that moved up or down. */
function movementOf(before, now) {
  if (before === undefined || before === now) return [];
  const isUp = now < before;
  const by = Math.abs(now - before);
  return [
    createElement(
      "span",
      { className: isUp ? "move" : "move down", ariaHidden: "true" },
      isUp ? `▲ ${by}` : `▼ ${by}`,
    ),
    createElement("span", { className: "unseen" }, isUp ? `, up ${by}` : `, down ${by}`),
  ];
}

/** Animates the rows from their previous positions. */
function animateRows(tops) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const row of byId("table").rows) {
    const distance = (tops.get(row.dataset.id) ?? Number.NaN) - row.getBoundingClientRect().top;
    if (distance)
      row.animate(
        { transform: [`translateY(${distance}px)`, "none"] },
        { duration: 500, easing: "ease-in-out" },
      );
  }
}

function showEvent({ kind, minute, score, match, team, player, color, period }) {
  const result = `${match.home.name} ${scoreText(score)} ${match.away.name}`;
  const who = createElement("small", {}, `${player?.name}, ${team?.name}`);
  const text = {
    Goal: [createElement("strong", {}, "Goal! "), result, who],
    Card: [`${color === "red" ? "Red" : "Yellow"} card`, who],
    Whistle: [`${period === "kickoff" ? "Kick-off" : "Full time"}: ${result}`],
  }[kind];
  const entry = createElement(
    "li",
    { className: "new" },
    createElement("span", { className: "minute" }, `${minute}′`),
    createElement("span", { className: `sign ${color ?? kind.toLowerCase()}`, ariaHidden: "true" }),
    createElement("div", {}, ...text),
  );
  entry.dataset.kind = kind;
  byId("feed").prepend(entry);
  while (byId("feed").children.length > maxFeedEntries) byId("feed").lastElementChild.remove();
}

function showState(state) {
  byId("state").dataset.state = state;
  byId("state").textContent = state;
}

/** Subscribes to the events. Reconnects after a lost connection with increasing delays. */
function subscribe(retryMs = 500) {
  const address = new URL("/graphql", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "graphql-transport-ws");
  const send = (message) => socket.send(JSON.stringify(message));
  const handlers = {
    connection_ack: () => {
      send({ id: "1", type: "subscribe", payload: { query: eventsSubscription } });
      showState("live");
      retryMs = 500;
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
    handlers[message.type]?.(message);
  };
  socket.onclose = () => {
    showState("connecting");
    setTimeout(() => subscribe(Math.min(retryMs * 2, maxRetryMs)), retryMs);
  };
}

void refreshSoon();
subscribe();
// The minutes of the matches change even without events.
setInterval(() => document.hidden || byId("state").dataset.state !== "live" || refreshSoon(), 5_000);
