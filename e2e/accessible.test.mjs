// Every page, for everybody: no violation that axe finds, no sideways scroll, nothing on the console; on a phone by day and on
// a desktop by night.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { DashboardPage } from "./pages/dashboard.mjs";
import { ADMIN, PASSWORD } from "./support/festival.mjs";
import { stage } from "./support/stage.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENS = [
  { name: "phone, light", viewport: { width: 360, height: 780 }, colorScheme: "light" },
  { name: "desktop, dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { name: "wall, light", viewport: { width: 1920, height: 1080 }, colorScheme: "light" },
];

const on = stage();

async function ended(token) {
  const order = await on.festival.order("vip", 2, token);
  await on.festival.decided(order);
  return order.url;
}

/** What axe finds on a page, a line each. */
async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run());
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

/** Looks at the page that `seen` has open. */
async function look(seen, screen) {
  const { page } = seen;
  await page.locator(":root[data-hydrated], html:not(:has(script[data-js]))").first().waitFor();
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
  assert.ok(sideways <= 0, `${screen.name}: ${sideways} px too wide`);
  assert.deepEqual(await violations(page), [], screen.name);
}

async function everywhere(path, prepare = async () => {}) {
  for (const { name, ...screen } of SCREENS) {
    const seen = await on.visitor({ ...screen, reducedMotion: "reduce" });
    await seen.page.goto(`${on.festival.url}${path}`);
    await prepare(seen.page);
    await look(seen, { name });
    // A page that says what is wrong is an answer with a status, which the console repeats.
    seen.expected(/status of 40[14]/);
    seen.quiet();
    await seen.close();
  }
}

test("the shop", () => everywhere("/"));
test("a confirmed order", async () => everywhere(await ended("tok_visa")));
test("an order that came to nothing", async () => everywhere(await ended("tok_chargeDeclined")));
test("the sign-in page", () => everywhere("/admin/sign-in"));
test("an address where there is nothing", () => everywhere("/nothing-here"));
test("the dashboard", () =>
  everywhere("/admin", async (page) => {
    const dashboard = new DashboardPage(page, on.festival.url);
    await dashboard.signIn(ADMIN, PASSWORD);
    await dashboard.live();
    await page.getByText("Adjust Day ticket").click();
  }));

test("orders that were looked for", async () => {
  await ended("tok_visa");
  await everywhere("/admin/orders?q=kim%40example.org", (page) => new DashboardPage(page).signIn(ADMIN, PASSWORD));
});

test("the control: axe finds what is wrong", async () => {
  const seen = await on.visitor();
  await seen.page.goto(`${on.festival.url}/`);
  await seen.page.evaluate(() => document.querySelector("label").remove());
  assert.notDeepEqual(await violations(seen.page), []);
  await seen.close();
});
