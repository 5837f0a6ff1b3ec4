//! Makes much of little: all that the services' databases and a server's read model have of what was sold, many times.

use crate::support::Place;
use anyhow::Result;
use sqlx::{AnyPool, AssertSqlSafe};

/// A copy's id is the order's with other digits at its end: `n.i` is the number of the copy.
const COPY: &str = "substr(order_id, 1, 27) || CAST(100000000 + n.i AS TEXT)";

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

/// The read model's, likewise; and a sale that went on for a million seconds.
const READ_MODEL: [&str; 3] = [
    "INSERT INTO events (id, partition, offset, kind, order_id, payload) \
     SELECT id, partition, -1 - offset, kind, {copy}, payload FROM events, n WHERE order_id IS NOT NULL",
    "INSERT INTO orders (order_id, updated_at, state) SELECT {copy}, updated_at, state FROM orders, n",
    "INSERT INTO periods SELECT length, (unixepoch() - second) / length * length AS start, count(*), count(*) \
     FROM (SELECT i AS second FROM n), (SELECT 1 AS length UNION ALL VALUES (60), (3600), (86400)) \
     GROUP BY length, start HAVING true ON CONFLICT DO NOTHING",
];

/// Has `times` as much in all tables of a place whose programs are stopped.
pub async fn fill(place: &Place, times: usize) -> Result<()> {
    let data = place.path().join("data");
    let file = |name: &str| format!("sqlite:{}", data.join(name).display());
    for (service, table, columns) in TABLES {
        let (url, table) = if place.is_distributed() {
            let url = place.flag("--database-url").to_owned();
            (url, format!("{service}.{table}"))
        } else {
            (file(&format!("{service}.db")), table.to_owned())
        };
        let database = AnyPool::connect(&url).await?;
        let sql = format!(
            "{} INSERT INTO {table} (order_id, {columns}) SELECT {COPY}, {columns} FROM {table}, n",
            numbers(times - 1)
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&database).await?;
        if place.is_distributed() {
            let sql = format!("VACUUM ANALYZE {table}");
            sqlx::query(AssertSqlSafe(sql)).execute(&database).await?;
        }
        database.close().await;
    }
    let read_model = AnyPool::connect(&file("read-model.db")).await?;
    for (sql, count) in READ_MODEL
        .into_iter()
        .zip([times - 1, times - 1, 1_000_000])
    {
        let sql = format!("{} {}", numbers(count), sql.replace("{copy}", COPY));
        sqlx::query(AssertSqlSafe(sql)).execute(&read_model).await?;
    }
    read_model.close().await;
    Ok(())
}

/// The table `n` with the numbers up to `count` as `i`.
fn numbers(count: usize) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
}
