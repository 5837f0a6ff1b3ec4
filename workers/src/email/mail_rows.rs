//! The rows of mails: a statement each for a whole batch.

use super::claim_rows::UnreadableMail;
use super::facts::Facts;
use crate::rows::{among, bad};
use domain::event::OrderConfirmed;
use domain::{OrderId, Timestamp};
use sqlx::{AnyConnection, Row as _, any::AnyRow};
use store::{Dialect, Rows};

/// A mail that is decided and not announced.
#[derive(Clone, Debug)]
pub(super) struct DecidedMail {
    pub order_id: OrderId,
    pub sent: bool,
    pub attempts: u32,
    pub last_error: Option<String>,
    pub at: Timestamp,
}

/// Notes buyers and confirmations. A mail of which both are known is due; one that is no longer waiting stays as it is.
pub(super) async fn note(
    db: &mut AnyConnection,
    dialect: Dialect,
    facts: &Facts,
    now: Timestamp,
) -> sqlx::Result<()> {
    if facts.orders.is_empty() {
        return Ok(());
    }
    let orders: Vec<_> = facts.orders.iter().collect();
    let rows = Rows::of(&orders)
        .column("order_id", |(order_id, _)| order_id.to_string())
        .column("email", |(_, facts)| {
            facts.buyer.as_ref().map(|buyer| buyer.email.as_str())
        })
        .column("name", |(_, facts)| {
            facts.buyer.as_ref().map(|buyer| buyer.name.as_str())
        })
        .column("request_hash", |(_, facts)| {
            facts
                .buyer
                .as_ref()
                .map(|buyer| buyer.request_hash.as_str())
        })
        .column("total", |(_, facts)| {
            facts.confirmed.as_ref().map(|confirmed| confirmed.total.0)
        })
        .column("tickets", |(_, facts)| {
            facts.confirmed.as_ref().map(tickets)
        })
        .column("state", |(_, facts)| {
            if facts.buyer.is_some() && facts.confirmed.is_some() {
                "due"
            } else {
                "waiting"
            }
        })
        .column("noted_at", |_| now.micros());
    let sql = |batch: &str| {
        format!(
            "INSERT INTO mails (order_id, email, name, request_hash, total, tickets, state, attempts, next_try_at, noted_at, announced) \
             SELECT order_id, email, name, request_hash, total, tickets, state, 0, noted_at, noted_at, 0 FROM {batch} WHERE TRUE \
             ON CONFLICT (order_id) DO UPDATE SET \
                 email = COALESCE(mails.email, excluded.email), name = COALESCE(mails.name, excluded.name), \
                 request_hash = COALESCE(mails.request_hash, excluded.request_hash), \
                 total = COALESCE(mails.total, excluded.total), tickets = COALESCE(mails.tickets, excluded.tickets), \
                 next_try_at = excluded.next_try_at, \
                 state = CASE WHEN COALESCE(mails.email, excluded.email) IS NOT NULL \
                     AND COALESCE(mails.total, excluded.total) IS NOT NULL THEN 'due' ELSE 'waiting' END \
             WHERE mails.state = 'waiting'"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

fn tickets(confirmed: &OrderConfirmed) -> i64 {
    i64::try_from(confirmed.ticket_ids.len()).unwrap_or(i64::MAX)
}

/// Up to `limit` mails that are decided and not announced, the oldest decision first.
pub(super) async fn unannounced(
    db: &mut AnyConnection,
    limit: i64,
) -> sqlx::Result<Vec<Result<DecidedMail, UnreadableMail>>> {
    let rows = sqlx::query(
        "SELECT order_id, state, attempts, last_error, decided_at FROM mails \
         WHERE announced = 0 AND decided_at IS NOT NULL ORDER BY decided_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await?;
    let read = |row| match read_decided(row) {
        Ok(mail) => Ok(Ok(mail)),
        Err(error) => Ok(Err(UnreadableMail {
            order_id: row.try_get("order_id")?,
            why: error.to_string(),
        })),
    };
    rows.iter().map(read).collect()
}

/// The mails of these orders, by their ids as they stand in the rows, are announced.
pub(super) async fn mark_announced(
    db: &mut AnyConnection,
    dialect: Dialect,
    orders: &[String],
) -> sqlx::Result<()> {
    let mut orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    orders.sort_unstable();
    let sql = |batch: &str| format!("UPDATE mails SET announced = 1 WHERE {}", among(batch));
    Rows::of(&orders)
        .column("order_id", |order| *order)
        .query(dialect, sql)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets up to $2 names and addresses that nobody needs since $1: of decided mails, and of orders that were never
/// confirmed. The index `mails_to_forget` has just them, oldest first.
pub(super) const FORGET: &str = "\
    UPDATE mails SET email = NULL, name = NULL WHERE order_id IN ( \
        SELECT order_id FROM mails \
        WHERE email IS NOT NULL AND state <> 'due' AND COALESCE(decided_at, noted_at) < $1 \
        ORDER BY COALESCE(decided_at, noted_at) LIMIT $2)";

/// Forgets up to `limit` names and addresses that nobody needs since `before`; says how many.
pub(super) async fn forget(
    db: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> sqlx::Result<u64> {
    let forgetting = sqlx::query(FORGET).bind(before.micros()).bind(limit);
    Ok(forgetting.execute(db).await?.rows_affected())
}

fn read_decided(row: &AnyRow) -> sqlx::Result<DecidedMail> {
    let text = |column| row.try_get::<String, _>(column);
    let attempts: i64 = row.try_get("attempts")?;
    Ok(DecidedMail {
        order_id: text("order_id")?.parse().map_err(bad)?,
        sent: text("state")? == "sent",
        attempts: u32::try_from(attempts).map_err(bad)?,
        last_error: row.try_get("last_error")?,
        at: Timestamp::from_micros(row.try_get("decided_at")?),
    })
}
