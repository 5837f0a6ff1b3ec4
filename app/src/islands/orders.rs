//! The last orders.

use crate::components::orders::{COLUMNS, order_row};
use crate::components::table::table;
use crate::components::zone::local_time;
use crate::live;
use crate::seed::Seed;
use domain::Currency;
use domain::view::OrderRow;
use leptos::prelude::*;

/// The last orders, newest first; each leads to its timeline.
#[island]
pub fn RecentOrders(
    /// The orders when the page was rendered.
    orders: Seed<Vec<OrderRow>>,
    /// The currency of their totals.
    currency: Seed<Currency>,
) -> impl IntoView {
    let Seed(currency) = currency;
    let orders = live::latest_or(orders.0);
    let local = local_time();
    let rows = Signal::derive(move || {
        let local = local.get();
        orders.with(|orders| {
            orders
                .iter()
                .map(|order| order_row(order, currency, local))
                .collect()
        })
    });
    table(
        "Table of the last orders",
        "Last orders, newest first",
        COLUMNS,
        rows,
        "No order has come yet.",
    )
}
