import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasBrowser, startBrowser } from "./support/browser.ts";
import { type Run, startRun } from "./support/run.ts";

const patience = 15_000;
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

  test("shows the table and today's matches, with headings and roles to find them by", async () => {
    const { page, faults } = await openPage();
    await page.locator("#table tr").nth(11).waitFor();
    expect(await page.locator("#table tr").count()).toBe(12);
    expect(await page.locator("#matches li").count()).toBe(6);
    expect(await page.getByRole("columnheader").allInnerTexts()).toEqual(
      expect.arrayContaining(["Team", "Goals", "Pts"]),
    );
    await page.getByRole("rowheader").first().waitFor();
    await page.getByRole("log").waitFor({ state: "attached" });
    expect(await page.getByRole("heading", { level: 2 }).allInnerTexts()).toEqual(["Today", "Table", "Feed"]);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("shows what happens as it happens, and the table and the scores move with it", async () => {
    const { page, faults } = await openPage();
    await page.locator("#state[data-state=live]").waitFor();
    await page.locator("#table tr").nth(11).waitFor();
    const rows = page.locator("#table tr");
    const before = await rows.allInnerTexts();

    await expect
      .poll(
        async () => {
          await pass(1);
          return page.locator("#feed li").count();
        },
        { timeout: patience },
      )
      .toBeGreaterThan(0);
    await pass(60);

    const goals = page.locator("#feed li[data-kind=Goal]");
    await goals.first().waitFor();
    await page.locator("#feed li[data-kind=Card]").first().waitFor();
    expect(await goals.first().textContent()).toMatch(/^\d+′Goal! .+ \d–\d .+, .+/);

    await expect.poll(() => rows.allInnerTexts(), { timeout: patience }).not.toEqual(before);
    const table = await standings();
    await expect
      .poll(() => page.getByRole("rowheader").allTextContents(), { timeout: patience })
      .toEqual(table.map((name) => expect.stringMatching(`^${name}`)));
    await expect.poll(() => page.locator("#matches .on").count(), { timeout: patience }).toBe(6);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("finds back when its connection was lost", async () => {
    const { page } = await openPage();
    await page.locator("#state[data-state=live]").waitFor();
    await page.context().setOffline(true);
    await page.evaluate("sockets.forEach((socket) => socket.close())");
    await page.locator("#state[data-state=connecting]").waitFor();
    await page.context().setOffline(false);
    await page.locator("#state[data-state=live]").waitFor();
    await page.close();
  });

  test("asks nobody but the gateway, and GraphiQL neither", async () => {
    const { page, asked } = await openPage();
    await page.locator("#state[data-state=live]").waitFor();
    await page.goto(`${run.soccer.url}/graphql?query={teams{name}}`);
    await page.getByRole("button", { name: /execute query/i }).click();
    await page.getByText("Amda United").first().waitFor();
    expect(asked.length).toBeGreaterThan(3);
    for (const url of asked) expect(new URL(url).host).toBe(new URL(run.soccer.url).host);
    await page.close();
  });
});

test("the page is served by routes of a fragment, each file with its type (S4.4)", async () => {
  const types = { "/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript" };
  for (const [path, type] of Object.entries(types)) {
    const answer = await run.ask("GET", path);
    expect(answer).toMatchObject({ status: 200, type: `${type}; charset=utf-8` });
  }
});

interface Opened {
  readonly page: Page;
  /** What it complained of. */
  readonly faults: readonly string[];
  /** What it asked for, by any protocol. */
  readonly asked: readonly string[];
}

async function openPage(): Promise<Opened> {
  if (browser === undefined) throw new Error("There is no browser.");
  const page = await browser.newPage({ reducedMotion: "reduce" });
  page.setDefaultTimeout(patience);
  const faults: string[] = [];
  const asked: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on(
    "console",
    (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()),
  );
  page.on("response", async (response) => {
    if (response.status() >= 400) faults.push(`${response.url()} ${await response.text()}`);
  });
  page.on("request", (request) => asked.push(request.url()));
  page.on("websocket", (socket) => asked.push(socket.url()));
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
  return { page, faults, asked };
}

/** Lets minutes of the matches pass. */
async function pass(minutes: number): Promise<void> {
  expect((await run.ask("POST", "/matches/clock", { as: "admin", body: { minutes } })).status).toBe(200);
}

/** The teams as the table has them now. */
async function standings(): Promise<string[]> {
  const { body } = await run.ask("POST", "/graphql", { body: { query: "{ table { team { name } } }" } });
  return (body as { data: { table: { team: { name: string } }[] } }).data.table.map(({ team }) => team.name);
}
