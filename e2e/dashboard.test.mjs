// The dashboard: signing in and out, the sale as it happens, and stock that is adjusted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DashboardPage } from "./pages/dashboard.mjs";
import { ShopPage } from "./pages/shop.mjs";
import { ADMIN, PASSWORD, until } from "./support/festival.mjs";
import { stage } from "./support/stage.mjs";

let admin;
let dashboard;
const on = stage(async ({ festival, visitor }) => {
  admin = await visitor();
  dashboard = new DashboardPage(admin.page, festival.url);
});

test("who is not signed in gets the form, and a wrong password is told", async () => {
  await dashboard.open();
  await dashboard.signIn(ADMIN, "not the password");
  await admin.page.getByRole("alert").waitFor();
  admin.expected(/401/);
  await dashboard.signIn(ADMIN, PASSWORD);
  await admin.page.waitForURL(/\/admin$/);
  await dashboard.live();
  admin.quiet();
});

test("what a buyer buys in another window shows as it happens", async () => {
  await dashboard.figure("Tickets sold", "0");
  const buyer = await on.visitor();
  const shop = new ShopPage(buyer.page, on.festival.url);
  await shop.open();
  await shop.order("Pier deck", 2);
  await dashboard.figure("Tickets sold", "2");
  await dashboard.figure("Waiting", "0");
  buyer.quiet();
  await buyer.close();
  await until("both sales are in the tail", async () => (await dashboard.sales().count()) === 2);
  await dashboard.queue("orders").waitFor();
  await dashboard.queue("payments").waitFor();
  admin.quiet();
});

test("the sale over time is read with the keyboard", async () => {
  await dashboard.span("1 min");
  await until("the sales are in the chart", async () => (await dashboard.peak()) === "2/s");
  await dashboard.moment().press("Home");
  await dashboard.reading("Tickets sold", "0/s");
  for (let steps = 0; steps < 20; steps += 1) await dashboard.moment().press("ArrowRight");
  const [chosen, newest] = [await dashboard.readAt(), await dashboard.newest()];
  await until("the chart has moved on", async () => (await dashboard.newest()) !== newest);
  assert.equal(await dashboard.readAt(), chosen, "the moment that is read stays");
  admin.quiet();
});

test("the tail shows one ticket type where only that is wanted, and stands still while it is read", async () => {
  await dashboard.tailOf("day");
  await until("no deck is in the tail", async () => (await dashboard.sales().count()) === 0);
  await admin.page.getByText("Each ticket shows here as it is sold").waitFor();
  await dashboard.tailOf("");
  await until("both are there again", async () => (await dashboard.sales().count()) === 2);
  await dashboard.pause(true);
  await on.festival.order("vip", 1);
  await dashboard.figure("Tickets sold", "3");
  assert.equal(await dashboard.sales().count(), 2, "it stands still");
  await dashboard.pause(false);
  await until("the third is there", async () => (await dashboard.sales().count()) === 3);
  admin.quiet();
});

test("an order is found by its buyer’s address, and tells its steps", async () => {
  await dashboard.find("kim@example.org");
  await admin.page.getByText("2 orders", { exact: true }).waitFor();
  await admin.page.getByRole("table").getByRole("link").first().click();
  await admin.page.getByText("Payment taken").waitFor();
  await dashboard.open();
  await dashboard.find("kim");
  await admin.page.getByText("or an e-mail address").waitFor();
  admin.expected(/status of 422/);
  await dashboard.open();
  admin.quiet();
});

test("the ledger says whether it all adds up", async () => {
  await admin.page.getByText("It all adds up", { exact: true }).waitFor();
  admin.quiet();
});

test("stock that the admin adds is in the shop at once", async () => {
  const watcher = await on.visitor();
  const shop = new ShopPage(watcher.page, on.festival.url);
  await shop.open();
  await shop.stock("Day ticket").filter({ hasText: "12" }).waitFor();
  await dashboard.adjust("Day ticket", 5, "more room");
  await dashboard.stock("Day ticket", "Remaining", "17");
  await shop.stock("Day ticket").filter({ hasText: "17" }).waitFor();
  admin.quiet();
  watcher.quiet();
  await watcher.close();
});

test("two admins adjust at once, and both see both", async () => {
  const second = await on.visitor();
  const other = new DashboardPage(second.page, on.festival.url);
  await other.open();
  await other.signIn(ADMIN, PASSWORD);
  await other.live();
  await dashboard.open();
  await dashboard.live();
  await Promise.all([dashboard.adjust("Pier deck", 7, "one"), other.adjust("Pier deck", 5, "other")]);
  for (const board of [dashboard, other]) {
    await board.stock("Pier deck", "In all", "112");
    await board.decided("Pier deck");
    await board.changes("one");
    await board.changes("other");
  }
  second.expected(/status of 401/);
  second.quiet();
  admin.quiet();
  await second.close();
});

test("an open dashboard comes back by itself when the server was restarted", async () => {
  await dashboard.open();
  await dashboard.live();
  assert.equal(await on.festival.stop(), 0, "a clean end");
  await admin.page.getByText("Reconnecting", { exact: true }).waitFor();
  await on.festival.start();
  await dashboard.live();
  await on.festival.order("vip", 1);
  await dashboard.figure("Tickets sold", "4");
  admin.expected(/WebSocket|ERR_CONNECTION_REFUSED|Failed to load resource/);
  admin.quiet();
});

test("signing out closes every dashboard that is open, and each says how to come back", async () => {
  const other = new DashboardPage(await admin.page.context().newPage(), on.festival.url);
  await other.open();
  await other.live();
  await dashboard.signOut();
  await other.page.getByText("Signed out").waitFor();
  await other.page.getByRole("link", { name: "Sign in again" }).click();
  await other.page.getByLabel("Password").waitFor();
});
