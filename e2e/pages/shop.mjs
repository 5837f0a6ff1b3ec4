export class ShopPage {
  constructor(page, url) {
    this.page = page;
    this.url = url;
  }

  open() {
    return this.page.goto(this.url);
  }

  quantity(ticket) {
    return this.page.getByLabel(`How many: ${ticket}`);
  }

  more(ticket) {
    return this.page.getByRole("button", { name: `One more: ${ticket}` });
  }

  /** Presses Tab until `control` has the focus, as somebody does who has no mouse. */
  async tabTo(control) {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await control.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error("Tab does not lead there");
  }

  /** The stock as the shop words it. */
  stock(ticket) {
    return this.page.locator(".stub", { hasText: ticket }).locator(".stock");
  }

  async fill({ name = "Kim Sørensen", email = "kim@example.org", method } = {}) {
    await this.page.getByLabel("Your name").fill(name);
    await this.page.getByLabel("E-mail").fill(email);
    if (method) await this.page.getByLabel("Test payment method").selectOption({ label: method });
  }

  /** What is chosen, and what it comes to. */
  async total() {
    return (await this.page.locator("output").innerText()).replaceAll(/\s+/g, " ");
  }

  buy() {
    return this.page.getByRole("button", { name: "Buy tickets" }).click();
  }

  /** Chooses by clicking, fills in and buys. */
  async order(ticket, quantity, details) {
    for (let chosen = 0; chosen < quantity; chosen += 1) await this.more(ticket).click();
    await this.fill(details);
    await this.buy();
  }
}
