//! The rows of payments: a statement each for a whole batch.

use super::charge::{Decision, Intent, Payment, State};
use crate::rows::{among_order_ids, bad, json, order_ids};
use domain::event::PaymentFailure;
use domain::{Amount, Currency, OrderId, PaymentToken, Timestamp};
use serde::Serialize;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _, any::AnyRow};
use std::collections::{BTreeSet, HashSet};
use store::Dialect;

/// A row to insert, and the JSON in which it travels.
#[derive(Serialize)]
struct NewRow<'a> {
    order_id: OrderId,
    amount: Option<i64>,
    currency: Option<&'a str>,
    payment_token: Option<&'a str>,
    expires_at: Option<i64>,
    status: &'static str,
    reason: Option<&'static str>,
    noted_at: i64,
    decided_at: Option<i64>,
}

const INSERTED: &[(&str, &str)] = &[
    ("order_id", "TEXT"),
    ("amount", "BIGINT"),
    ("currency", "TEXT"),
    ("payment_token", "TEXT"),
    ("expires_at", "BIGINT"),
    ("status", "TEXT"),
    ("reason", "TEXT"),
    ("noted_at", "BIGINT"),
    ("decided_at", "BIGINT"),
];

/// A payment to note, unless there is one; `intent` is absent where a cancel came first.
pub(super) struct NewPayment {
    pub order_id: OrderId,
    pub intent: Option<Intent>,
    /// Whether it is over before it began.
    pub expired: bool,
}

impl NewPayment {
    fn row(&self, now: Timestamp) -> NewRow<'_> {
        let intent = self.intent.as_ref();
        let failed = self.expired || intent.is_none();
        NewRow {
            order_id: self.order_id,
            amount: intent.map(|intent| intent.amount.0),
            currency: intent.map(|intent| intent.currency.code()),
            payment_token: intent.map(|intent| intent.token.as_str()),
            expires_at: intent.map(|intent| intent.expires_at.micros()),
            status: if failed { "failed" } else { "calling" },
            reason: failed.then_some(PaymentFailure::HoldExpired.as_str()),
            noted_at: now.micros(),
            decided_at: failed.then_some(now.micros()),
        }
    }
}

/// Notes what is new; gives the orders of those rows.
pub(super) async fn insert(
    db: &mut AnyConnection,
    dialect: Dialect,
    payments: &[NewPayment],
    now: Timestamp,
) -> sqlx::Result<HashSet<OrderId>> {
    let rows: Vec<_> = payments.iter().map(|payment| payment.row(now)).collect();
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let columns: Vec<&str> = INSERTED.iter().map(|(name, _)| *name).collect();
    let columns = columns.join(", ");
    let sql = format!(
        "INSERT INTO charges ({columns}) SELECT {columns} FROM {} WHERE TRUE \
         ON CONFLICT (order_id) DO NOTHING RETURNING order_id",
        dialect.json_rows("$1", INSERTED)
    );
    let inserted: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(json(&rows)?)
        .fetch_all(db)
        .await?;
    inserted.iter().map(|id| id.parse().map_err(bad)).collect()
}

/// The payments of these orders.
pub(super) async fn select(
    db: &mut AnyConnection,
    dialect: Dialect,
    orders: &BTreeSet<OrderId>,
) -> sqlx::Result<Vec<Payment>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT order_id, amount, currency, payment_token, expires_at, status, reason, decided_at FROM charges \
         WHERE {}",
        among_order_ids(dialect)
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(order_ids(orders.iter().copied())?)
        .fetch_all(db)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Locks those of these orders whose payment is not decided, in order, and gives them.
pub(super) async fn lock_undecided(
    db: &mut AnyConnection,
    dialect: Dialect,
    orders: &BTreeSet<OrderId>,
) -> sqlx::Result<BTreeSet<OrderId>> {
    if orders.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = format!(
        "SELECT order_id FROM charges WHERE status = 'calling' AND {} \
         ORDER BY order_id {}",
        among_order_ids(dialect),
        dialect.for_update()
    );
    let undecided: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(order_ids(orders.iter().copied())?)
        .fetch_all(db)
        .await?;
    undecided.iter().map(|id| id.parse().map_err(bad)).collect()
}

/// Writes decisions about locked, undecided payments.
pub(super) async fn decide(
    db: &mut AnyConnection,
    dialect: Dialect,
    decisions: &[(OrderId, Decision)],
    now: Timestamp,
) -> sqlx::Result<()> {
    #[derive(Serialize)]
    struct Change {
        order_id: OrderId,
        status: &'static str,
        reason: Option<&'static str>,
    }
    if decisions.is_empty() {
        return Ok(());
    }
    let changes: Vec<_> = decisions
        .iter()
        .map(|(order_id, decision)| Change {
            order_id: *order_id,
            status: match decision {
                Decision::Captured => "captured",
                Decision::Failed(_) => "failed",
            },
            reason: match decision {
                Decision::Captured => None,
                Decision::Failed(reason) => Some(reason.as_str()),
            },
        })
        .collect();
    let columns = [("order_id", "TEXT"), ("status", "TEXT"), ("reason", "TEXT")];
    let sql = format!(
        "UPDATE charges SET status = batch.status, reason = batch.reason, decided_at = $2 FROM {} \
         WHERE charges.order_id = batch.order_id",
        dialect.json_rows("$1", &columns)
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(json(&changes)?)
        .bind(now.micros())
        .execute(db)
        .await?;
    Ok(())
}

fn read(row: &AnyRow) -> sqlx::Result<Payment> {
    let text = |column| row.try_get::<String, _>(column);
    let moment = |column| row.try_get(column).map(Timestamp::from_micros);
    let state = match &*text("status")? {
        "calling" => State::Calling(Intent {
            amount: Amount(row.try_get("amount")?),
            currency: Currency::parse(&text("currency")?).map_err(bad)?,
            token: PaymentToken::parse(text("payment_token")?).map_err(bad)?,
            expires_at: moment("expires_at")?,
        }),
        "captured" => State::Captured {
            amount: Amount(row.try_get("amount")?),
            at: moment("decided_at")?,
        },
        _ => State::Failed {
            reason: reason(&text("reason")?)?,
            at: moment("decided_at")?,
        },
    };
    Ok(Payment {
        order_id: text("order_id")?.parse().map_err(bad)?,
        state,
    })
}

fn reason(text: &str) -> sqlx::Result<PaymentFailure> {
    [
        PaymentFailure::CardDeclined,
        PaymentFailure::InsufficientFunds,
        PaymentFailure::ExpiredCard,
        PaymentFailure::HoldExpired,
    ]
    .into_iter()
    .find(|reason| reason.as_str() == text)
    .ok_or_else(|| bad(format!("{text:?} is no reason")))
}
