//! Decides about refunds: never more than was captured, and one key moves money once.

use super::ledger::{begin, lost};
use super::tokens::REFUND_FAILS;
use super::{GatewayError, Refund, RefundStatus};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use store::Database;

/// Answers all of `refunds`, in order, in one transaction. Refunds are rare, so each has its own statements; `now` is in
/// microseconds since the epoch.
pub(super) async fn apply(
    database: &Database,
    refunds: &[Refund],
    now: i64,
) -> Result<Vec<RefundStatus>, GatewayError> {
    let mut tx = begin(database).await?;
    let lock = database.dialect().for_update();
    // Locked before any is decided, in the order of keys: two simulators cannot wait for each other.
    let mut charges: Vec<&str> = refunds.iter().map(|refund| &*refund.charge).collect();
    charges.sort_unstable();
    charges.dedup();
    for charge in charges {
        let sql = format!("SELECT charge_key FROM charges WHERE charge_key = $1 {lock}");
        sqlx::query(AssertSqlSafe(sql))
            .bind(charge)
            .fetch_optional(&mut *tx)
            .await
            .map_err(lost)?;
    }
    let mut answers = Vec::with_capacity(refunds.len());
    for refund in refunds {
        answers.push(one(&mut tx, refund, now).await.map_err(lost)?);
    }
    tx.commit().await.map_err(lost)?;
    Ok(answers)
}

async fn one(db: &mut AnyConnection, refund: &Refund, now: i64) -> sqlx::Result<RefundStatus> {
    let known = sqlx::query("SELECT refund_key FROM refunds WHERE refund_key = $1")
        .bind(&refund.key)
        .fetch_optional(&mut *db)
        .await?;
    if known.is_some() {
        return Ok(RefundStatus::Refunded);
    }
    let charge = sqlx::query(
        "SELECT token, amount - refunded AS remaining FROM charges \
         WHERE charge_key = $1 AND (status = 'captured' OR (status = 'pending' AND completes_at <= $2))",
    )
    .bind(&refund.charge)
    .bind(now)
    .fetch_optional(&mut *db)
    .await?;
    let Some(charge) = charge else {
        return Ok(RefundStatus::Refused(
            "there is no captured charge of that name".to_owned(),
        ));
    };
    let token: Option<String> = charge.try_get("token")?;
    let remaining: i64 = charge.try_get("remaining")?;
    if token.as_deref() == Some(REFUND_FAILS) {
        return Ok(RefundStatus::Refused(
            "the card's bank takes no refund".to_owned(),
        ));
    }
    if refund.amount.0 <= 0 || refund.amount.0 > remaining {
        return Ok(RefundStatus::Refused(format!(
            "{remaining} minor units can be given back, not {}",
            refund.amount.0
        )));
    }
    sqlx::query(
        "INSERT INTO refunds (refund_key, charge_key, amount, refunded_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(&refund.key)
    .bind(&refund.charge)
    .bind(refund.amount.0)
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query("UPDATE charges SET refunded = refunded + $2 WHERE charge_key = $1")
        .bind(&refund.charge)
        .bind(refund.amount.0)
        .execute(&mut *db)
        .await?;
    Ok(RefundStatus::Refunded)
}
