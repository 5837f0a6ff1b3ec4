export class DashboardPage {
  constructor(page, url) {
    this.page = page;
    this.url = url;
  }

  open() {
    return this.page.goto(`${this.url}/admin`);
  }

  async signIn(email, password) {
    await this.page.getByLabel("E-mail").fill(email);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  live() {
    return this.page.getByText("Live", { exact: true }).waitFor();
  }

  /** Waits until the figure called `label` is `value`. */
  figure(label, value) {
    const figure = this.page.locator(".figure", { has: this.page.getByText(label, { exact: true }) });
    return figure.locator("dd", { hasText: new RegExp(`^${value}$`) }).waitFor();
  }

  sales() {
    return this.page.getByRole("region", { name: "Last tickets sold" }).locator("tbody").getByRole("row");
  }

  /** Shows the sales of a ticket type, or of all of them. */
  tailOf(ticketType) {
    return this.page.getByLabel("Ticket type").selectOption(ticketType);
  }

  /** Holds the tail still, or lets it go on. */
  pause(held) {
    return this.page.getByLabel("Pause").setChecked(held);
  }

  /** Looks for orders. */
  async find(words) {
    await this.page.getByLabel("Order number, its end, or e-mail").fill(words);
    await this.page.getByRole("button", { name: "Find orders" }).click();
  }

  queue(name) {
    return this.page.getByRole("region", { name: "Queues" }).getByRole("row", { name });
  }

  /** Chooses how much of the sale is shown. */
  span(label) {
    return this.page.getByLabel(label, { exact: true }).check();
  }

  /** What moves the crosshair. */
  moment() {
    return this.page.getByLabel("Moment of the sale");
  }

  /** Waits until the chart says `value` beside `label`. */
  reading(label, value) {
    const reading = this.page.locator(".chart-reading div", { has: this.page.getByText(label, { exact: true }) });
    return reading.locator("dd", { hasText: new RegExp(`^${value}$`) }).waitFor();
  }

  /** The moment below the crosshair. */
  readAt() {
    return this.page.locator(".chart-reading dd").last().textContent();
  }

  /** The moment at the chart's end. */
  newest() {
    return this.page.locator(".chart-times span").last().textContent();
  }

  /** The most tickets in a second, as the end of the chart's axis. */
  peak() {
    return this.page.locator(".chart-end").textContent();
  }

  card(ticket) {
    return this.page.locator(".stock-card", { has: this.page.getByRole("heading", { name: ticket }) });
  }

  /** Waits until a ticket type's stock says `value` beside `label`. */
  stock(ticket, label, value) {
    const number = this.card(ticket).locator(".stock-number", { has: this.page.getByText(label, { exact: true }) });
    return number.locator("dd", { hasText: new RegExp(`^${value}$`) }).waitFor();
  }

  async adjust(ticket, change, reason) {
    const card = this.card(ticket);
    await card.locator("summary").click();
    await card.getByLabel("Change").fill(String(change));
    await card.getByLabel("Reason").fill(reason);
    await card.getByRole("button", { name: "Adjust stock" }).click();
  }

  /** Waits until the page says, by itself, that the adjustment is done. */
  decided(ticket) {
    return this.card(ticket).getByText(": done").waitFor();
  }

  /** Waits until the list of changes has one for this reason. */
  async changes(reason) {
    const list = this.page.locator("details", { hasText: "Who changed what" });
    if (!(await list.evaluate((details) => details.open))) await list.locator("summary").click();
    await list.getByRole("cell", { name: reason, exact: true }).waitFor();
  }

  signOut() {
    return this.page.getByRole("button", { name: "Sign out" }).click();
  }
}
