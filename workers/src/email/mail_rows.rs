//! The rows of mails: a statement each for a whole batch.

use super::facts::Facts;
use crate::rows::{among, bad, order_ids};
use domain::event::OrderConfirmed;
use domain::{Amount, EmailAddress, OrderId, PersonName, Timestamp};
use ops::RequestHash;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _, any::AnyRow};
use std::time::Duration;
use store::{Dialect, Rows};

/// A due mail in a sender's hands.
#[derive(Clone, Debug)]
pub(super) struct ClaimedMail {
    pub order_id: OrderId,
    pub email: EmailAddress,
    pub name: PersonName,
    pub total: Amount,
    /// How many tickets were confirmed.
    pub tickets: usize,
    /// Of the request, where it is known.
    pub request_hash: Option<RequestHash>,
    /// Tries, this one included.
    pub attempts: u32,
}

/// What became of a try.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub order_id: OrderId,
    /// Which try.
    pub attempts: u32,
    /// `sent`, `failed`, or `due` again.
    pub state: &'static str,
    /// When to try again.
    pub next_try_at: i64,
    pub last_error: Option<String>,
    /// When it was decided.
    pub decided_at: Option<i64>,
}

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

/// Claims up to `limit` mails that are due at `now`, the longest due first. Their next try is due after `lease`, unless
/// it is settled before: that is how those of a dead sender come back.
pub(super) async fn claim(
    db: &mut AnyConnection,
    dialect: Dialect,
    sender: &str,
    limit: usize,
    now: Timestamp,
    lease: Duration,
) -> sqlx::Result<Vec<ClaimedMail>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let sql = format!(
        "UPDATE mails SET claim = $1, next_try_at = $2, attempts = attempts + 1 WHERE order_id IN ( \
             SELECT order_id FROM mails WHERE state = 'due' AND next_try_at <= $3 \
             ORDER BY next_try_at LIMIT $4 {} \
         ) RETURNING order_id, email, name, request_hash, total, tickets, attempts",
        dialect.for_update_skip_locked()
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(sender)
        .bind(now.plus(lease).micros())
        .bind(now.micros())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?
        .iter()
        .map(read_claimed)
        .collect()
}

/// Writes down what became of tries. A try whose claim has gone to another sender says nothing any more, unless it says
/// that the mail was sent.
pub(super) async fn settle(
    db: &mut AnyConnection,
    dialect: Dialect,
    sender: &str,
    tries: &[Tried],
) -> sqlx::Result<()> {
    if tries.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(tries)
        .column("order_id", |tried| tried.order_id.to_string())
        .column("attempts", |tried| i64::from(tried.attempts))
        .column("state", |tried| tried.state)
        .column("next_try_at", |tried| tried.next_try_at)
        .column("last_error", |tried| tried.last_error.as_deref())
        .column("decided_at", |tried| tried.decided_at)
        .column("sender", |_| sender);
    let sql = |batch: &str| {
        format!(
            "UPDATE mails SET state = batch.state, next_try_at = batch.next_try_at, claim = NULL, \
             last_error = batch.last_error, decided_at = batch.decided_at FROM {batch} \
             WHERE mails.order_id = batch.order_id AND mails.state = 'due' \
             AND (batch.state = 'sent' OR (mails.claim = batch.sender AND mails.attempts = batch.attempts))"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

/// Gives back claimed mails that were not tried: they are due `now`, and it does not count.
pub(super) async fn give_back(
    db: &mut AnyConnection,
    dialect: Dialect,
    sender: &str,
    mails: &[OrderId],
    now: Timestamp,
) -> sqlx::Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    let rows = order_ids(mails)
        .column("now", |_| now.micros())
        .column("sender", |_| sender);
    let sql = |batch: &str| {
        format!(
            "UPDATE mails SET claim = NULL, attempts = attempts - 1, next_try_at = batch.now FROM {batch} \
             WHERE mails.order_id = batch.order_id AND claim = batch.sender AND state = 'due'"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

/// Up to `limit` mails that are decided and not announced, the oldest decision first.
pub(super) async fn unannounced(
    db: &mut AnyConnection,
    limit: i64,
) -> sqlx::Result<Vec<DecidedMail>> {
    sqlx::query(
        "SELECT order_id, state, attempts, last_error, decided_at FROM mails \
         WHERE announced = 0 AND decided_at IS NOT NULL ORDER BY decided_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await?
    .iter()
    .map(read_decided)
    .collect()
}

/// These mails are announced.
pub(super) async fn mark_announced(
    db: &mut AnyConnection,
    dialect: Dialect,
    mails: &[DecidedMail],
) -> sqlx::Result<()> {
    let mut announced: Vec<_> = mails.iter().map(|mail| mail.order_id).collect();
    announced.sort_unstable();
    let sql = |batch: &str| format!("UPDATE mails SET announced = 1 WHERE {}", among(batch));
    order_ids(&announced)
        .query(dialect, sql)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets names and addresses that nobody needs since `before`: of decided mails, and of orders that were never
/// confirmed.
pub(super) async fn forget(db: &mut AnyConnection, before: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE mails SET email = NULL, name = NULL \
         WHERE email IS NOT NULL AND (decided_at < $1 OR (state = 'waiting' AND noted_at < $1))",
    )
    .bind(before.micros())
    .execute(db)
    .await?;
    Ok(())
}

fn read_claimed(row: &AnyRow) -> sqlx::Result<ClaimedMail> {
    let text = |column| row.try_get::<String, _>(column);
    let count = |column| row.try_get::<i64, _>(column);
    Ok(ClaimedMail {
        order_id: text("order_id")?.parse().map_err(bad)?,
        email: EmailAddress::parse(text("email")?).map_err(bad)?,
        name: PersonName::parse(text("name")?).map_err(bad)?,
        total: Amount(count("total")?),
        tickets: usize::try_from(count("tickets")?).map_err(bad)?,
        attempts: u32::try_from(count("attempts")?).map_err(bad)?,
        request_hash: row
            .try_get::<Option<String>, _>("request_hash")?
            .and_then(|hash| hash.parse().ok()),
    })
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
