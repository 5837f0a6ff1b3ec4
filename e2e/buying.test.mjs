// Buying: by clicking, by keyboard, without JavaScript, and what happens when something is wrong.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { OrderPage } from "./pages/order.mjs";
import { ShopPage } from "./pages/shop.mjs";
import { DAY, Festival, catalogue, until } from "./support/festival.mjs";
import { stage } from "./support/stage.mjs";

const on = stage();

test("a buyer clicks, pays, and has two tickets, a PDF and a mail", async () => {
  const buyer = await on.visitor();
  const shop = new ShopPage(buyer.page, on.festival.url);
  await shop.open();
  await shop.order("Pier deck", 2);
  const order = new OrderPage(buyer.page);
  await order.arrived();
  assert.ok(!buyer.page.url().includes("key="), "the key is not left in the address");
  await order.says("You’re in!");
  await until("both QR codes show", async () => (await order.codes()) === 2);
  const pdf = await readFile(await order.pdf());
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  const mail = await until("the mail is written", async () => (await on.festival.mails())[0]);
  buyer.quiet();
  await buyer.close();

  const phone = await on.visitor();
  const [link] = await on.festival.linksIn(mail);
  await phone.page.goto(link);
  await new OrderPage(phone.page).says("You’re in!");
  assert.ok(!phone.page.url().includes("key="));
  phone.quiet();
  await phone.close();
});

test("at the gate the tickets show without a network", async (story) => {
  const there = await Festival.open();
  story.after(() => there.close());
  const codes = { kept: 2, control: 0 };
  const buyers = { kept: await on.visitor(), control: await on.visitor({ serviceWorkers: "block" }) };
  for (const buyer of Object.values(buyers)) {
    const { url } = await there.order("vip", 2);
    await buyer.page.goto(`${there.url}${url}`);
    const order = new OrderPage(buyer.page);
    await order.says("You’re in!");
    await until("both QR codes show", async () => (await order.codes()) === 2);
  }
  await until("the page is kept as it is now", () => new OrderPage(buyers.kept.page).isKept());
  await there.stop();
  for (const [name, buyer] of Object.entries(buyers)) {
    // Without a network nor a copy, a page is left in the middle of its way to the browser's own error page.
    await buyer.page.reload().catch(() => {});
    const order = new OrderPage(buyer.page);
    await until(`${name}: ${codes[name]} codes`, async () => (await order.codes().catch(() => null)) === codes[name]);
    await buyer.close();
  }
});

test("a buyer uses the keyboard and nothing else", async () => {
  const buyer = await on.visitor();
  const shop = new ShopPage(buyer.page, on.festival.url);
  await shop.open();
  await shop.tabTo(shop.quantity("Pier deck"));
  await buyer.page.keyboard.type("1");
  await shop.tabTo(buyer.page.getByLabel("Your name"));
  await buyer.page.keyboard.type("Kim Sørensen");
  await shop.tabTo(buyer.page.getByLabel("E-mail"));
  await buyer.page.keyboard.type("kim@example.org");
  await shop.tabTo(buyer.page.getByRole("button", { name: "Buy tickets" }));
  await buyer.page.keyboard.press("Enter");
  const order = new OrderPage(buyer.page);
  await order.arrived();
  await order.says("You’re in!");
  buyer.quiet();
  await buyer.close();
});

test("a button that has come to its limit keeps the focus", async () => {
  const buyer = await on.visitor();
  const shop = new ShopPage(buyer.page, on.festival.url);
  await shop.open();
  const more = shop.more("Pier deck");
  await more.and(buyer.page.locator("[aria-disabled=false]")).focus();
  await until("no more can be had", async () => {
    await buyer.page.keyboard.press("Enter");
    return (await more.getAttribute("aria-disabled")) === "true";
  });
  assert.ok(await more.evaluate((button) => button === document.activeElement));
  buyer.quiet();
  await buyer.close();
});

test("a form that comes back counts what was chosen", async () => {
  const buyer = await on.visitor();
  const shop = new ShopPage(buyer.page, on.festival.url);
  await shop.open();
  await shop.order("Pier deck", 2, { email: "kim@festival" });
  await buyer.page.getByText("Not sent yet").waitFor();
  await until("the sum is there", async () => (await shop.total()) === "2 tickets €240");
  buyer.expected(/status of 422/);
  buyer.quiet();
  await buyer.close();
});

test("back leads to the shop, where a second order is another one, and forward to the order", async () => {
  const buyer = await on.visitor();
  const shop = new ShopPage(buyer.page, on.festival.url);
  const order = new OrderPage(buyer.page);
  const buyOne = async () => {
    await shop.order("Pier deck", 1);
    await order.arrived();
    await order.says("You’re in!");
    return buyer.page.url();
  };
  await shop.open();
  const first = await buyOne();
  await buyer.page.goBack();
  await buyer.page.goForward();
  await order.says("You’re in!");
  assert.equal(buyer.page.url(), first);
  await buyer.page.goBack();
  assert.equal(await shop.quantity("Pier deck").inputValue(), "1", "as it was left");
  assert.notEqual(await buyOne(), first);
  buyer.quiet();
  await buyer.close();
});

test("who is elsewhere is told the time of both clocks", async () => {
  for (const [timezoneId, told] of [["America/New_York", /^Fri,? 10:00/], ["Europe/Berlin", null]]) {
    const buyer = await on.visitor({ timezoneId });
    await new ShopPage(buyer.page, on.festival.url).open();
    await buyer.page.locator(":root[data-hydrated]").waitFor();
    const elsewhere = buyer.page.locator("[data-elsewhere]");
    assert.equal(await elsewhere.isVisible(), told !== null, timezoneId);
    if (told) assert.match(await elsewhere.textContent(), told);
    buyer.quiet();
    await buyer.close();
  }
});

test("stock that others take is seen at once", async () => {
  const watcher = await on.visitor();
  const shop = new ShopPage(watcher.page, on.festival.url);
  await shop.open();
  await shop.stock("Day ticket").filter({ hasText: "12" }).waitFor();
  await on.festival.order("day", 3);
  await shop.stock("Day ticket").filter({ hasText: "9" }).waitFor();
  watcher.quiet();
  await watcher.close();
});

test("the last tickets go while the page is open", async () => {
  const watcher = await on.visitor();
  const shop = new ShopPage(watcher.page, on.festival.url);
  await shop.open();
  await shop.quantity("Day ticket").fill("2");
  for (const quantity of [4, 4]) await on.festival.order("day", quantity);
  await shop.stock("Day ticket").filter({ hasText: "Only 1 can be ordered" }).waitFor();
  assert.match(await shop.total(), /^1 ticket /, "what cannot be had is not in the sum");
  await on.festival.order("day", 1);
  await shop.stock("Day ticket").filter({ hasText: "Sold out" }).waitFor();
  assert.ok(await shop.quantity("Day ticket").isDisabled());
  await watcher.page.getByText("No tickets yet").waitFor();
  watcher.quiet();
  await watcher.close();
});

test("a sale opens while the page is open", async (story) => {
  const opens = new Date(Date.now() + 18_000).toISOString();
  const early = await Festival.open(catalogue({ ...DAY, name: "Early bird", sale_starts: opens }));
  story.after(() => early.close());
  const watcher = await on.visitor();
  const shop = new ShopPage(watcher.page, early.url);
  await shop.open();
  await watcher.page.getByRole("timer").waitFor();
  assert.ok(!(await shop.quantity("Early bird").isVisible()), "there is nothing to choose yet");
  await shop.order("Early bird", 1);
  await new OrderPage(watcher.page).says("You’re in!");
  watcher.quiet();
  await watcher.close();
});

const ENDS = [
  ["Mastercard", "You’re in!"],
  ["Card that is declined", "Your card was declined"],
  ["Card without enough money", "Not enough money on the account"],
  ["Card that has expired", "Your card has expired"],
  ["Gateway takes its time", "You’re in!"],
  ["Gateway’s answer gets lost", "You’re in!"],
  ["Gateway is down", "You’re in!"],
];
for (const [method, end] of ENDS) {
  test(`paid with “${method}”, the order says “${end}”`, async () => {
    const buyer = await on.visitor();
    const shop = new ShopPage(buyer.page, on.festival.url);
    await shop.open();
    await shop.order("Pier deck", 1, { method });
    await new OrderPage(buyer.page).says(end);
    buyer.quiet();
    await buyer.close();
  });
}

test("without JavaScript everything but the live numbers works, and nothing typed is lost", async () => {
  const buyer = await on.visitor({ javaScriptEnabled: false });
  const shop = new ShopPage(buyer.page, on.festival.url);
  await shop.open();
  await shop.fill({ name: "Kim Without", email: "kim@example.org" });
  await shop.buy();
  await buyer.page.getByRole("alert").first().waitFor();
  assert.equal(await buyer.page.getByLabel("Your name").inputValue(), "Kim Without");
  await shop.quantity("Pier deck").fill("1");
  await shop.buy();
  const order = new OrderPage(buyer.page);
  await order.arrived();
  await until("a reload tells the end", async () => {
    await buyer.page.reload();
    return (await buyer.page.getByRole("heading", { level: 1 }).textContent()).includes("You’re in!");
  });
  await buyer.close();
});
