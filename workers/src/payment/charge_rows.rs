//! The rows of payments: a statement each for a whole batch.

use super::charge::{Decision, Intent, Payment, State};
use crate::rows::{among, bad, order_ids};
use domain::event::PaymentFailure;
use domain::{Amount, Currency, OrderId, PaymentToken, Timestamp};
use sqlx::{AnyConnection, Row as _, any::AnyRow};
use std::collections::{BTreeSet, HashSet};
use store::{Dialect, Rows};

/// A payment to note, unless there is one; `intent` is absent where a cancel came first.
pub(super) struct NewPayment {
    pub order_id: OrderId,
    pub intent: Option<Intent>,
    /// Whether it is over before it began.
    pub expired: bool,
}

impl NewPayment {
    /// Why it has failed already.
    fn failure(&self) -> Option<PaymentFailure> {
        (self.expired || self.intent.is_none()).then_some(PaymentFailure::HoldExpired)
    }
}

/// Notes what is new; gives the orders of those rows.
pub(super) async fn insert(
    db: &mut AnyConnection,
    dialect: Dialect,
    payments: &[NewPayment],
    now: Timestamp,
) -> sqlx::Result<HashSet<OrderId>> {
    if payments.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = Rows::of(payments)
        .column("order_id", |new| new.order_id.to_string())
        .column("amount", |new| {
            new.intent.as_ref().map(|intent| intent.amount.0)
        })
        .column("currency", |new| {
            new.intent.as_ref().map(|intent| intent.currency.code())
        })
        .column("payment_token", |new| {
            new.intent.as_ref().map(|intent| intent.token.as_str())
        })
        .column("expires_at", |new| {
            new.intent.as_ref().map(|intent| intent.expires_at.micros())
        })
        .column("status", |new| {
            if new.failure().is_some() {
                "failed"
            } else {
                "calling"
            }
        })
        .column("reason", |new| new.failure().map(PaymentFailure::as_str))
        .column("noted_at", |_| now.micros())
        .column("decided_at", |new| new.failure().map(|_| now.micros()));
    let names = rows.names();
    let sql = |batch: &str| {
        format!(
            "INSERT INTO charges ({names}) SELECT {names} FROM {batch} WHERE TRUE \
             ON CONFLICT (order_id) DO NOTHING RETURNING order_id"
        )
    };
    let inserted = rows.query(dialect, sql).fetch_all(db).await?;
    inserted.iter().map(read_id).collect()
}

/// The payments of these orders.
pub(super) async fn select(
    db: &mut AnyConnection,
    dialect: Dialect,
    orders: &[OrderId],
) -> sqlx::Result<Vec<Payment>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let sql = |batch: &str| {
        format!(
            "SELECT order_id, amount, currency, payment_token, expires_at, status, reason, decided_at FROM charges \
             WHERE {}",
            among(batch)
        )
    };
    let rows = order_ids(orders).query(dialect, sql).fetch_all(db).await?;
    rows.iter().map(read).collect()
}

/// Locks those of these orders whose payment is not decided, in order, and gives them.
pub(super) async fn lock_undecided(
    db: &mut AnyConnection,
    dialect: Dialect,
    orders: &[OrderId],
) -> sqlx::Result<BTreeSet<OrderId>> {
    if orders.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = |batch: &str| {
        format!(
            "SELECT order_id FROM charges WHERE status = 'calling' AND {} ORDER BY order_id {}",
            among(batch),
            dialect.for_update()
        )
    };
    let undecided = order_ids(orders).query(dialect, sql).fetch_all(db).await?;
    undecided.iter().map(read_id).collect()
}

/// Writes decisions about locked, undecided payments.
pub(super) async fn decide(
    db: &mut AnyConnection,
    dialect: Dialect,
    decisions: &[(OrderId, Decision)],
    now: Timestamp,
) -> sqlx::Result<()> {
    if decisions.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(decisions)
        .column("order_id", |(order_id, _)| order_id.to_string())
        .column("status", |(_, decision)| match decision {
            Decision::Captured => "captured",
            Decision::Failed(_) => "failed",
        })
        .column("reason", |(_, decision)| match decision {
            Decision::Captured => None,
            Decision::Failed(reason) => Some(reason.as_str()),
        })
        .column("decided_at", |_| now.micros());
    let sql = |batch: &str| {
        format!(
            "UPDATE charges SET status = batch.status, reason = batch.reason, decided_at = batch.decided_at FROM {batch} \
             WHERE charges.order_id = batch.order_id"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

fn read_id(row: &AnyRow) -> sqlx::Result<OrderId> {
    row.try_get::<String, _>("order_id")?.parse().map_err(bad)
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
        order_id: read_id(row)?,
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
