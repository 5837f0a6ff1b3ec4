//! What the services' statements have in common: batches of orders' ids, and rows that are read with suspicion.

use domain::OrderId;
use store::Rows;

/// Rows of orders' ids alone.
pub(crate) fn order_ids(orders: &[OrderId]) -> Rows<'_, OrderId> {
    Rows::of(orders).column("order_id", OrderId::to_string)
}

/// The condition that a row's `order_id` is in `batch`.
pub(crate) fn among(batch: &str) -> String {
    format!("order_id IN (SELECT order_id FROM {batch})")
}

/// Something in a row that we never wrote.
pub(crate) fn bad(why: impl ToString) -> sqlx::Error {
    sqlx::Error::Decode(why.to_string().into())
}
