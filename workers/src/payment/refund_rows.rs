//! The rows of refunds. Refunds are rare, so each has its own statements.

use super::refund::{Refund, RefundState};
use crate::gateway::RefundStatus;
use crate::rows::bad;
use domain::command::RefundPayment;
use domain::{Amount, PaymentId, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use store::Dialect;

/// Notes a refund, unless it is noted already.
pub(super) async fn insert(
    db: &mut AnyConnection,
    refund: &RefundPayment,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO refunds (payment_id, order_id, amount, why, status, noted_at) \
         VALUES ($1, $2, $3, $4, 'calling', $5) ON CONFLICT (payment_id) DO NOTHING",
    )
    .bind(refund.payment_id.to_string())
    .bind(refund.order_id.to_string())
    .bind(refund.amount.0)
    .bind(&refund.reason)
    .bind(now.micros())
    .execute(db)
    .await?;
    Ok(())
}

/// The refund, locked until this transaction ends.
pub(super) async fn lock(
    db: &mut AnyConnection,
    dialect: Dialect,
    payment_id: PaymentId,
) -> sqlx::Result<Refund> {
    let sql = format!(
        "SELECT order_id, amount, status, refusal, decided_at FROM refunds WHERE payment_id = $1 {}",
        dialect.for_update()
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(payment_id.to_string())
        .fetch_one(db)
        .await?;
    let order_id: String = row.try_get("order_id")?;
    let status: String = row.try_get("status")?;
    let at = || row.try_get("decided_at").map(Timestamp::from_micros);
    let state = match &*status {
        "calling" => RefundState::Calling,
        "refunded" => RefundState::Refunded { at: at()? },
        _ => RefundState::Refused {
            why: row.try_get("refusal")?,
            at: at()?,
        },
    };
    Ok(Refund {
        payment_id,
        order_id: order_id.parse().map_err(bad)?,
        amount: Amount(row.try_get("amount")?),
        state,
    })
}

/// Writes the decision about a locked, undecided refund.
pub(super) async fn decide(
    db: &mut AnyConnection,
    payment_id: PaymentId,
    status: &RefundStatus,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (status, refusal) = match status {
        RefundStatus::Refunded => ("refunded", None),
        RefundStatus::Refused(why) => ("refused", Some(why.as_str())),
    };
    sqlx::query(
        "UPDATE refunds SET status = $2, refusal = $3, decided_at = $4 WHERE payment_id = $1",
    )
    .bind(payment_id.to_string())
    .bind(status)
    .bind(refusal)
    .bind(now.micros())
    .execute(db)
    .await?;
    Ok(())
}
