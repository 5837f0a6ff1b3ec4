//! Makes much of little: all that the services' databases and a server's read model have of what was sold, many times.

use crate::support::Place;
use anyhow::Result;
use sqlx::{AnyPool, AssertSqlSafe};

/// The tables with a row for each order or ticket: the service, the table, and its columns but the order's id.
const TABLES: [(&str, &str, &str); 4] = [
    (
        "inventory",
        "orders",
        "request_hash, status, expires_at, due_at, decision, settlement",
    ),
    (
        "payments",
        "charges",
        "amount, currency, payment_token, expires_at, status, reason, noted_at, decided_at",
    ),
    (
        "email",
        "mails",
        "email, name, request_hash, total, tickets, state, attempts, next_try_at, claim, last_error, noted_at, \
         decided_at, announced",
    ),
    (
        "email",
        "tickets",
        "ticket_number, ticket_id, ticket_type, price, currency, event, event_date",
    ),
];

/// The read model's, likewise; `{copy}` is a copy's id.
const READ_MODEL: [&str; 2] = [
    "INSERT INTO orders (order_id, updated_at, state) SELECT {copy}, updated_at, state FROM orders, n",
    "INSERT INTO events (id, partition, offset, kind, order_seq, payload) \
     SELECT id, partition, -1 - offset, kind, copies.seq, payload \
     FROM events JOIN orders ON orders.seq = order_seq, n JOIN orders AS copies ON copies.order_id = {copy}",
];

/// Something happened in each of the last seconds.
const PERIODS: &str = "INSERT INTO periods \
     SELECT length, (unixepoch() - i) / length * length AS start, count(*), count(*) \
     FROM n, (SELECT 1 AS length UNION ALL VALUES (60), (3600), (86400)) \
     GROUP BY length, start HAVING true ON CONFLICT DO NOTHING";

/// Has `times` as much in all tables of a place whose programs are stopped.
pub async fn fill(place: &Place, times: usize) -> Result<()> {
    for (service, table, columns) in TABLES {
        let (url, table) = if place.is_distributed() {
            let url = place.flag("--database-url").to_owned();
            (url, format!("{service}.{table}"))
        } else {
            (file(place, service), table.to_owned())
        };
        let copy = copy("order_id");
        let sql = format!(
            "INSERT INTO {table} (order_id, {columns}) SELECT {copy}, {columns} FROM {table}, n"
        );
        execute(&url, &format!("{} {sql}", numbers(times - 1))).await?;
        if place.is_distributed() {
            execute(&url, &format!("VACUUM ANALYZE {table}")).await?;
            // Or it would come in the midst of a measurement.
            execute(&url, "CHECKPOINT").await?;
        }
    }
    for sql in READ_MODEL {
        let sql = sql.replace("{copy}", &copy("orders.order_id"));
        let url = file(place, "read-model");
        execute(&url, &format!("{} {sql}", numbers(times - 1))).await?;
    }
    Ok(())
}

/// The sale of a place whose server is stopped has gone on for so many seconds.
pub async fn prolong(place: &Place, seconds: usize) -> Result<()> {
    let sql = format!("{} {PERIODS}", numbers(seconds));
    execute(&file(place, "read-model"), &sql).await
}

/// The id of a copy is the order's with other digits at its end: `n.i` is the number of the copy.
fn copy(order_id: &str) -> String {
    format!("substr({order_id}, 1, 27) || CAST(100000000 + n.i AS TEXT)")
}

async fn execute(url: &str, sql: &str) -> Result<()> {
    let database = AnyPool::connect(url).await?;
    let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    query.execute(&database).await?;
    database.close().await;
    Ok(())
}

/// The URL of a file in a place's data.
fn file(place: &Place, name: &str) -> String {
    let path = place.path().join(format!("data/{name}.db"));
    format!("sqlite:{}", path.display())
}

/// The table `n` with the numbers up to `count` as `i`.
fn numbers(count: usize) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
}
