//! The simulator's database, and what its books add up to.

use super::GatewayError;
use domain::Amount;
use serde::Serialize;
use sqlx::Row as _;
use store::{Database, Trouble, Tx};

/// What the gateway's books add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Money ever captured, in minor units.
    pub captured: Amount,
    /// Money given back, in minor units.
    pub refunded: Amount,
    /// Charges that captured money.
    pub charges: i64,
    /// Orders for which more than one charge captured money. Anything but zero is our fault.
    pub charged_twice: i64,
}

/// A failure before anything could have been written.
pub(super) async fn begin(database: &Database) -> Result<Tx, GatewayError> {
    database
        .begin()
        .await
        .map_err(|trouble| GatewayError::Down(trouble.to_string()))
}

/// A failure after which nobody knows what was written.
pub(super) fn lost(error: sqlx::Error) -> GatewayError {
    GatewayError::Lost(Trouble::from(error).to_string())
}

/// A pending charge that is past its time counts as captured, whether or not somebody has looked at it since.
pub(super) async fn totals(database: &Database, now: i64) -> Result<Totals, Trouble> {
    const SUMS: &str = "
        WITH taken AS (
            SELECT reference, amount, refunded FROM charges
            WHERE status = 'captured' OR (status = 'pending' AND completes_at <= $1)
        )
        SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT), CAST(COALESCE(SUM(refunded), 0) AS BIGINT), COUNT(*),
               (SELECT COUNT(*) FROM (SELECT 1 FROM taken GROUP BY reference HAVING COUNT(*) > 1) AS repeated)
        FROM taken";
    let row = sqlx::query(SUMS)
        .bind(now)
        .fetch_one(database.pool())
        .await?;
    Ok(Totals {
        captured: Amount(row.try_get(0)?),
        refunded: Amount(row.try_get(1)?),
        charges: row.try_get(2)?,
        charged_twice: row.try_get(3)?,
    })
}
