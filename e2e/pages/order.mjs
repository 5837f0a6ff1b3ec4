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

  codes() {
    return this.page.locator("#tickets").locator("xpath=..").locator("svg");
  }

  async pdf() {
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.getByRole("link", { name: "Download the tickets as PDF" }).click(),
    ]);
    return download.path();
  }
}
