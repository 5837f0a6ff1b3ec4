//! What the services' statements have in common: a batch travels as one JSON text, and rows are read with suspicion.

use domain::OrderId;
use serde::Serialize;
use store::Dialect;

/// The rows of a batch, as [`Dialect::json_rows`] takes them.
pub(crate) fn json<T: Serialize>(rows: &[T]) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// The rows of a batch of orders' ids alone.
pub(crate) fn order_ids(orders: impl IntoIterator<Item = OrderId>) -> sqlx::Result<String> {
    #[derive(Serialize)]
    struct Row {
        order_id: OrderId,
    }
    let row = |order_id| Row { order_id };
    json(&orders.into_iter().map(row).collect::<Vec<_>>())
}

/// The condition that a row's `order_id` is among the [`order_ids`] in `$1`.
pub(crate) fn among_order_ids(dialect: Dialect) -> String {
    let ids = dialect.json_rows("$1", &[("order_id", "TEXT")]);
    format!("order_id IN (SELECT order_id FROM {ids})")
}

/// Something in a row that we never wrote.
pub(crate) fn bad(why: impl ToString) -> sqlx::Error {
    sqlx::Error::Decode(why.to_string().into())
}
