import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian's package `chromium` puts it. */
const executablePath = "/usr/bin/chromium";

/** Whether there is a browser. CI always has one: where it has not, its tests fail. */
export function hasBrowser(): boolean {
  return existsSync(executablePath) || process.env.CI === "true";
}

/** Starts Chromium without a window, and without anything of its own to do on a network. */
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
