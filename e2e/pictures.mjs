// The pictures of README and docs, from a sale that runs: `cargo xtask pictures`.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DashboardPage } from "./pages/dashboard.mjs";
import { launch, visitor } from "./support/browser.mjs";
import { ADMIN, Festival, PASSWORD, freePort } from "./support/festival.mjs";

const ROOT = resolve(import.meta.dirname, "..");
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** Orders come in waves for so long, so that there is a sale over time to be seen. */
const SALE = 40_000;

const festival = await Festival.open(await readFile(join(ROOT, "config/festival.toml"), "utf8"));
const browser = await launch(await freePort());

async function picture(name, { path, viewport, colorScheme = "light", prepare = async () => {} }) {
  const seen = await visitor(browser, { viewport, colorScheme });
  await seen.page.goto(`${festival.url}${path}`);
  await prepare(seen.page);
  await seen.page.locator(":root[data-hydrated]").waitFor();
  await seen.page.evaluate(() => document.fonts.ready);
  await seen.page.screenshot({ path: join(ROOT, "docs", `${name}.png`) });
  await seen.close();
  console.log(`docs/${name}.png`);
}

/** The picture of cards where an address is shared: the poster's type and inks, and nobody's festival. */
async function card() {
  const seen = await visitor(browser, { viewport: { width: 1200, height: 630 }, colorScheme: "light" });
  await seen.page.goto(`${festival.url}/admin/sign-in`);
  await seen.page.evaluate(() => {
    const line = (text, stretch, ink) => {
      const element = document.createElement("p");
      element.textContent = text;
      Object.assign(element.style, {
        font: `900 190px/0.82 Anybody`, fontStretch: stretch, color: ink, textTransform: "uppercase", letterSpacing: "-0.01em",
      });
      return element;
    };
    const poster = document.createElement("div");
    Object.assign(poster.style, {
      display: "grid", alignContent: "center", gap: "36px", height: "100vh", padding: "0 64px", background: "var(--fire)",
      overflow: "hidden", whiteSpace: "nowrap",
    });
    poster.append(line("Fest", "150%", "var(--ink)"), line("Flow", "150%", "var(--glow)"), line("Festival tickets", "58%", "var(--ink)"));
    document.body.replaceChildren(poster);
  });
  await seen.page.evaluate(() => document.fonts.ready);
  await seen.page.screenshot({ path: join(ROOT, "style/public/social.png") });
  await seen.close();
  console.log("style/public/social.png");
}

async function sell() {
  const events = await (await fetch(`${festival.url}/api/tickets`)).json();
  const types = events.flatMap((event) => event.ticket_types).map((type) => type.ticket_type);
  const end = Date.now() + SALE;
  for (let round = 0; Date.now() < end; round += 1) {
    const orders = 2 + Math.round(4 * (1 + Math.sin(round / 9)));
    const token = (at) => ((round + at) % 17 === 5 ? "tok_chargeDeclined" : "tok_visa");
    const type = (at) => types[(round + at) % types.length];
    await Promise.all(Array.from({ length: orders }, (_, at) => festival.order(type(at), 1 + (at % 3), token(at))));
    await new Promise((wake) => setTimeout(wake, 400));
  }
  const last = await festival.order(types[0], 2);
  await festival.decided(last);
  return last;
}

try {
  await card();
  await picture("shop", { path: "/", viewport: DESKTOP });
  await picture("shop-phone-dark", { path: "/", viewport: PHONE, colorScheme: "dark" });
  const order = await sell();
  await picture("order-phone", { path: order.url, viewport: PHONE });
  await picture("dashboard", {
    path: "/admin",
    viewport: { ...DESKTOP, height: 1000 },
    prepare: async (page) => {
      const dashboard = new DashboardPage(page, festival.url);
      await dashboard.signIn(ADMIN, PASSWORD);
      await dashboard.live();
      await dashboard.span("1 min");
    },
  });
} finally {
  await browser.close();
  await festival.close();
}
