//! Finding orders. It reads the whole table: an index by status or by an id's end would cost each sale a page to write,
//! and a person who searches waits a moment gladly.

use super::ReadModel;
use super::queries::order_rows;
use domain::view::OrderRow;
use domain::{OrderId, OrderStatus};
use sqlx::query_as;

/// Which orders are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderFilter {
    /// These only.
    pub ids: Option<Vec<OrderId>>,
    /// Those whose id ends so.
    pub ending: Option<String>,
    /// Those that are here on their way.
    pub status: Option<OrderStatus>,
}

impl ReadModel {
    /// Orders that fit, up to `limit`. Those that still go on come first that have waited longest; of the others, those that
    /// something happened to last.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn find_orders(
        &self,
        filter: &OrderFilter,
        limit: u32,
    ) -> Result<Vec<OrderRow>, sqlx::Error> {
        let ids = match &filter.ids {
            Some(ids) => serde_json::to_string(ids),
            None => Ok("null".to_owned()),
        }
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
        let waits = filter.status.is_some_and(|status| !status.is_final());
        let rows: Vec<(String, i64)> = query_as(
            "SELECT state, updated_at FROM orders
             WHERE ($1 = 'null' OR order_id IN (SELECT value FROM json_each($1)))
               AND ($2 IS NULL OR substr(order_id, -length($2)) = $2)
               AND ($3 IS NULL OR json_extract(state, '$.status') = $3)
             ORDER BY updated_at * $4 LIMIT $5",
        )
        .bind(ids)
        .bind(filter.ending.as_deref())
        .bind(filter.status.map(OrderStatus::as_str))
        .bind(if waits { 1 } else { -1 })
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        order_rows(rows)
    }
}
