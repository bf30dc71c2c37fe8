import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasBrowser, startBrowser } from "./support/browser.ts";
import { type Run, startRun } from "./support/run.ts";

const timeoutMs = 15_000;
let run: Run;
let browser: Browser | undefined;
beforeAll(async () => {
  run = await startRun();
  if (hasBrowser()) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await run?.soccer.stop();
});

describe("the page, in Chromium", () => {
  beforeEach((context) => {
    if (browser === undefined) context.skip("Chromium is not installed: apt-get install chromium");
  });

  test("shows the table and today's matches, with headings and ARIA roles", async () => {
    const { page, problems } = await openPage();
    await page.locator("#table tr").nth(11).waitFor();
    expect(await page.locator("#table tr").count()).toBe(12);
    expect(await page.locator("#matches li").count()).toBe(6);
    expect(await page.getByRole("columnheader").allInnerTexts()).toEqual(
      expect.arrayContaining(["Team", "Goals", "Pts"]),
    );
    await page.getByRole("rowheader").first().waitFor();
    await page.getByRole("log").waitFor({ state: "attached" });
    expect(await page.getByRole("heading", { level: 2 }).allInnerTexts()).toEqual(["Today", "Table", "Feed"]);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("shows events live, and updates the table and the scores", async () => {
    const { page, problems } = await openPage();
    await page.locator("#state[data-state=live]").waitFor();
    await page.locator("#table tr").nth(11).waitFor();
    const rows = page.locator("#table tr");
    const before = await rows.allInnerTexts();

    await expect
      .poll(
        async () => {
          await playMinutes(1);
          return page.locator("#feed li").count();
        },
        { timeout: timeoutMs },
      )
      .toBeGreaterThan(0);
    await playMinutes(60);

    const goals = page.locator("#feed li[data-kind=Goal]");
    await goals.first().waitFor();
    await page.locator("#feed li[data-kind=Card]").first().waitFor();
    expect(await goals.first().textContent()).toMatch(/^\d+′Goal! .+ \d–\d .+, .+/);

    await expect.poll(() => rows.allInnerTexts(), { timeout: timeoutMs }).not.toEqual(before);
    const table = await standings();
    await expect
      .poll(() => page.getByRole("rowheader").allTextContents(), { timeout: timeoutMs })
      .toEqual(table.map((name) => expect.stringMatching(`^${name}`)));
    await expect.poll(() => page.locator("#matches .on").count(), { timeout: timeoutMs }).toBe(6);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("reconnects after a lost connection", async () => {
    const { page } = await openPage();
    await page.locator("#state[data-state=live]").waitFor();
    await page.context().setOffline(true);
    await page.evaluate("sockets.forEach((socket) => socket.close())");
    await page.locator("#state[data-state=connecting]").waitFor();
    await page.context().setOffline(false);
    await page.locator("#state[data-state=live]").waitFor();
    await page.close();
  });

  test("sends requests only to the gateway, and so does GraphiQL", async () => {
    const { page, requested } = await openPage();
    await page.locator("#state[data-state=live]").waitFor();
    await page.goto(`${run.soccer.url}/graphql?query={teams{name}}`);
    await page.getByRole("button", { name: /execute query/i }).click();
    await page.getByText("Amda United").first().waitFor();
    expect(requested.length).toBeGreaterThan(3);
    for (const url of requested) expect(new URL(url).host).toBe(new URL(run.soccer.url).host);
    await page.close();
  });
});

test("S4.4: the routes of the page answer each file with its media type", async () => {
  const types = { "/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript" };
  for (const [path, type] of Object.entries(types)) {
    const answer = await run.ask("GET", path);
    expect(answer).toMatchObject({ status: 200, type: `${type}; charset=utf-8` });
  }
});

interface Opened {
  readonly page: Page;
  /** Errors and warnings of the page. */
  readonly problems: readonly string[];
  /** The URLs of all requests and sockets. */
  readonly requested: readonly string[];
}

async function openPage(): Promise<Opened> {
  if (browser === undefined) throw new Error("There is no browser.");
  const page = await browser.newPage({ reducedMotion: "reduce" });
  page.setDefaultTimeout(timeoutMs);
  const problems: string[] = [];
  const requested: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on(
    "console",
    (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()),
  );
  page.on("response", async (response) => {
    if (response.status() >= 400) problems.push(`${response.url()} ${await response.text()}`);
  });
  page.on("request", (request) => requested.push(request.url()));
  page.on("websocket", (socket) => requested.push(socket.url()));
  await page.addInitScript(`
    globalThis.sockets = [];
    globalThis.WebSocket = class extends WebSocket {
      constructor(...args) {
        super(...args);
        sockets.push(this);
      }
    };
  `);
  await page.goto(run.soccer.url);
  return { page, problems, requested };
}

/** Plays minutes of the matches. */
async function playMinutes(minutes: number): Promise<void> {
  expect((await run.ask("POST", "/matches/clock", { as: "admin", body: { minutes } })).status).toBe(200);
}

/** The names of the teams in the order of the table. */
async function standings(): Promise<string[]> {
  const { body } = await run.ask("POST", "/graphql", { body: { query: "{ table { team { name } } }" } });
  return (body as { data: { table: { team: { name: string } }[] } }).data.table.map(({ team }) => team.name);
}
