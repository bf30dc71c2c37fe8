import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** The path of Debian's package `chromium`. */
const executablePath = "/usr/bin/chromium";

/** Whether a browser is installed. CI must have one: without it, the tests of the page fail there. */
export function hasBrowser(): boolean {
  return existsSync(executablePath) || process.env.CI === "true";
}

/** Starts Chromium without a window and without network requests of its own. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
