import { join } from "node:path";
import { startSoccer } from "../src/index.ts";
import { freePort } from "../src/run/loopback.ts";
import { startBrowser } from "./support/browser.ts";

// Takes the screenshot of the README: the page after 62 minutes. The events are the same on every run.
// node --conditions=@tidegate/source apps/examples/soccer/test/screenshot.ts [FILE] [dark]

const [file = join(import.meta.dirname, "../../../../docs/images/soccer.png"), colorScheme] =
  process.argv.slice(2);
const soccer = await startSoccer({ port: await freePort(), minuteMs: 0 });
const browser = await startBrowser();
try {
  const page = await browser.newPage({
    viewport: { width: 1120, height: 760 },
    deviceScaleFactor: 2,
    colorScheme: colorScheme === "dark" ? "dark" : "light",
    reducedMotion: "reduce",
  });
  await page.goto(soccer.url);
  await page.getByText("live", { exact: true }).waitFor();
  await playMinutes(1);
  await page.locator("#matches").getByText("0′", { exact: true }).first().waitFor();
  await playMinutes(62);
  await page.locator("#matches").getByText("62′", { exact: true }).first().waitFor();
  await page.screenshot({ path: file, fullPage: true });
} finally {
  await browser.close();
  await soccer.stop();
}
process.exit();

async function playMinutes(minutes: number): Promise<void> {
  await fetch(`${soccer.url}/matches/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${soccer.tokens.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ minutes }),
  });
}
