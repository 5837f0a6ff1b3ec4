// Chromium, and tabs that notice what a visitor's console would show.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Chromium, which tools besides Playwright reach at the port `devtools`. */
export function launch(devtools) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [...FLAGS, `--remote-debugging-port=${devtools}`],
  });
}

/** A tab of a visitor of its own. `quiet()` fails when the page complained. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  return {
    page,
    context,
    expected: (pattern) => {
      for (let index = complaints.length - 1; index >= 0; index -= 1) {
        if (pattern.test(complaints[index])) complaints.splice(index, 1);
      }
    },
    quiet: () => assert.deepEqual(complaints, [], "the console stays empty"),
    close: () => context.close(),
  };
}
