export class OrderPage {
  constructor(page) {
    this.page = page;
  }

  arrived() {
    return this.page.waitForURL(/\/orders\/[0-9a-f-]{36}/);
  }

  /** Waits until the page, live, says `text` as its headline. */
  says(text) {
    return this.page.getByRole("heading", { level: 1, name: text }).waitFor();
  }

  /** How many QR codes are shown, drawn and not only named. */
  codes() {
    return this.page
      .getByRole("img", { name: /^QR code/ })
      .evaluateAll((pictures) => pictures.filter((it) => it.complete && it.naturalWidth > 0).length);
  }

  /** Whether the browser has kept the page with its tickets. */
  isKept() {
    return this.page.evaluate(async () => {
      const kept = await caches.match(location.href);
      return Boolean(kept) && (await kept.text()).includes("class=\"qr\"");
    });
  }

  async pdf() {
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.getByRole("link", { name: "Download the tickets as PDF" }).click(),
    ]);
    return download.path();
  }
}
