// How pages look, by day and by night, on a phone and on a desktop: compared with the pictures in e2e/pictures. After a change
// that is meant: UPDATE_PICTURES=1 node --test e2e/looks.test.mjs, and look at what changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DashboardPage } from "./pages/dashboard.mjs";
import { OrderPage } from "./pages/order.mjs";
import { ADMIN, PASSWORD } from "./support/festival.mjs";
import { TOLERANCE, difference } from "./support/picture.mjs";
import { stage } from "./support/stage.mjs";

const SCREENS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const on = stage();

async function seen(path, viewport, colorScheme, prepare = async () => {}) {
  const visitor = await on.visitor({ viewport, colorScheme, reducedMotion: "reduce", timezoneId: "Europe/Berlin" });
  await visitor.page.goto(`${on.festival.url}${path}`);
  await prepare(visitor.page);
  await visitor.page.locator(":root[data-hydrated]").waitFor();
  return visitor;
}

let order;
const PAGES = {
  shop: () => ["/"],
  order: async () => {
    order ??= await on.festival.order("vip", 2);
    return [order.url, (page) => new OrderPage(page).says("You’re in!")];
  },
  dashboard: () => [
    "/admin",
    async (page) => {
      const dashboard = new DashboardPage(page, on.festival.url);
      await dashboard.signIn(ADMIN, PASSWORD);
      await dashboard.live();
    },
  ],
};
for (const [name, open] of Object.entries(PAGES)) {
  for (const [screen, viewport] of Object.entries(SCREENS)) {
    for (const scheme of ["light", "dark"]) {
      test(`${name} on a ${screen}, ${scheme}`, async () => {
        const [path, prepare] = await open();
        const visitor = await seen(path, viewport, scheme, prepare);
        const differing = await difference(visitor.page, `${name}-${screen}-${scheme}`);
        assert.ok(differing <= TOLERANCE, `${Math.round(differing * 1_000) / 10} % of the sheet looks different`);
        await visitor.close();
      });
    }
  }
}

const BROKEN = {
  "a page without its events": () => document.querySelector(".events").replaceChildren(),
  "no style": () => document.querySelector("link[rel=stylesheet]").remove(),
};
for (const [fault, happens] of Object.entries(BROKEN)) {
  test(`the control: ${fault} is seen`, async () => {
    const visitor = await seen("/", SCREENS.desktop, "light");
    await visitor.page.evaluate(happens);
    const before = process.env.UPDATE_PICTURES;
    delete process.env.UPDATE_PICTURES;
    const differing = await difference(visitor.page, "shop-desktop-light");
    assert.ok(differing > 2 * TOLERANCE);
    if (before) process.env.UPDATE_PICTURES = before;
    await visitor.close();
  });
}
