// A festival that sells for real: the program on a fresh data directory and a free port; with FESTFLOW_ON=brokers its
// server and workers as programs of their own, on the RabbitMQ and Kafka that FESTFLOW_TEST_… name.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const PASSWORD = "a password for stories";
export const ADMIN = "admin@festflow.local";

const ON_BROKERS = process.env.FESTFLOW_ON === "brokers";

/** A catalogue of one event with these ticket types. */
export function catalogue(...ticketTypes) {
  const type = (fields) =>
    ["[[event.ticket_type]]", ...Object.entries(fields).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)].join("\n");
  return `
currency = "EUR"
[[event]]
id = "evening"
name = "Evening by the river"
venue = "River stage"
date = "2027-06-18T16:00:00+02:00"
${ticketTypes.map(type).join("\n")}
`;
}

export const DAY = { id: "day", name: "Day ticket", price: 5000, stock: 12, max_per_order: 4 };
const VIP = { id: "vip", name: "Pier deck", price: 12000, stock: 100, max_per_order: 4 };

/** Waits until `condition` gives something true, and gives that. */
export async function until(what, condition, patience = 30_000) {
  const deadline = Date.now() + patience;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

export function freePort() {
  return new Promise((found, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

export class Festival {
  static async open(sold = catalogue(DAY, VIP)) {
    const festival = new Festival();
    Object.assign(festival, { running: {}, output: "" });
    festival.ticketTypes = sold.split("[[event.ticket_type]]").length - 1;
    festival.directory = await mkdtemp(join(tmpdir(), "festflow-"));
    festival.data = join(festival.directory, "data");
    await writeFile(join(festival.directory, "festival.toml"), sold);
    festival.address = `127.0.0.1:${await freePort()}`;
    festival.url = `http://${festival.address}`;
    await festival.start();
    return festival;
  }

  /** Starts what does not run. */
  async start() {
    for (const { program, flags } of this.programs()) {
      this.running[program] ??= this.run(program, flags);
    }
    await until("tickets are on sale", async () => {
      const ended = Object.values(this.running).find((process) => process.exitCode !== null);
      if (ended) throw new Error(`${ended.spawnfile} ended:\n${this.output}`);
      const answer = await fetch(`${this.url}/api/tickets`).catch(() => null);
      const events = answer?.ok ? await answer.json() : [];
      return events.flatMap((event) => event.ticket_types).length === this.ticketTypes;
    });
  }

  /** The programs with their flags, what serves the pages first. */
  programs() {
    const site = resolve(process.env.FESTFLOW_SITE ?? "target/site");
    const pages = ["--listen", this.address, "--ops-listen", "127.0.0.1:0", "--site", site, "--admin-password", PASSWORD];
    const catalogue = ["--catalogue", join(this.directory, "festival.toml")];
    if (!ON_BROKERS) {
      return [{ program: "festflow", flags: ["--data", this.data, ...pages, ...catalogue] }];
    }
    const prefix = `pages_${this.address.split(":")[1]}_${process.pid}.`;
    const bus = [
      "--queue-url", process.env.FESTFLOW_TEST_QUEUE_URL, "--log-url", process.env.FESTFLOW_TEST_LOG_URL,
      "--rabbitmq-management-url", process.env.FESTFLOW_TEST_RABBITMQ_MANAGEMENT_URL, "--bus-prefix", prefix,
      "--database-url", `sqlite:${join(this.directory, "databases")}`,
    ];
    const secret = ["--secret", "a secret that all programs of these stories share"];
    const program = (name, ...flags) => ({
      program: `festflow-${name}`,
      flags: ["--data", join(this.directory, name), ...bus, ...flags],
    });
    return [
      program("server", ...pages, ...secret), program("inventory", ...catalogue), program("payment"),
      { program: "festflow-email", flags: ["--data", this.data, ...bus, ...secret, "--public-url", this.url] },
    ];
  }

  run(program, flags) {
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("FESTFLOW_")),
    );
    const running = spawn(join(resolve(process.env.FESTFLOW_BIN ?? "target/debug"), program), flags, {
      env: environment, stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (text) => (this.output += text);
    running.stdout.on("data", keep);
    running.stderr.on("data", keep);
    return running;
  }

  /** Stops what serves the pages, as Ctrl-C does; gives the exit code. */
  stop() {
    return this.end(this.programs()[0].program);
  }

  async end(program) {
    const running = this.running[program];
    delete this.running[program];
    if (!running || running.exitCode !== null) return running?.exitCode;
    const ended = new Promise((done) => running.once("exit", done));
    running.kill("SIGINT");
    return ended;
  }

  async close() {
    await Promise.all(Object.keys(this.running).map((program) => this.end(program)));
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Mails written so far, by file name. */
  async mails() {
    const names = await readdir(join(this.data, "mail")).catch(() => []);
    return names.filter((name) => name.endsWith(".eml"));
  }

  /** The links in a mail's text. */
  async linksIn(mail) {
    const text = await readFile(join(this.data, "mail", mail), "utf8");
    // Quoted-printable (RFC 2045): long lines are broken, and what is no plain character has its number.
    const plain = text.replaceAll(/=\r?\n/g, "").replaceAll(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number(`0x${code}`)));
    return plain.match(/http:[^\s"]+/g) ?? [];
  }

  /** Waits until an accepted order is confirmed, or has come to nothing; its status. */
  decided({ order_id, key }) {
    return until("the order is decided", async () => {
      const { status } = await (await fetch(`${this.url}/api/orders/${order_id}?key=${key}`)).json();
      return ["confirmed", "cancelled"].includes(status) && status;
    });
  }

  /** Orders by the API; the accepted answer. */
  async order(ticketType, quantity, token = "tok_visa") {
    const answer = await fetch(`${this.url}/api/orders`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        items: [{ ticket_type: ticketType, quantity }],
        email: "kim@example.org",
        name: "Kim",
        payment_token: token,
      }),
    });
    if (answer.status !== 202) throw new Error(`not accepted: ${await answer.text()}`);
    return answer.json();
  }
}
