//! The last orders.

use crate::components::status::status_words;
use crate::components::table::{Cell, Column, Row, numbers, table, words};
use crate::components::zone::{local_time, time_in};
use crate::format::{grouped, price};
use crate::live;
use domain::view::OrderRow;
use domain::{Currency, OrderStatus};
use leptos::prelude::*;

const COLUMNS: &[Column] = &[
    words("Changed"),
    words("Order"),
    words("Status"),
    numbers("Tickets"),
    numbers("Total"),
];

/// The last orders, newest first; each leads to its timeline.
#[island]
pub fn RecentOrders(
    /// The orders when the page was rendered.
    orders: Vec<OrderRow>,
    /// The currency of their totals.
    currency: Currency,
) -> impl IntoView {
    let orders = live::latest_or(orders);
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

fn order_row(order: &OrderRow, currency: Currency, local: bool) -> Row {
    let id = order.order_id.to_string();
    let tail = format!("…{}", id.get(24..).unwrap_or_default());
    vec![
        Cell::line(time_in(order.updated_at, local)),
        match order.status {
            // Its page begins with its first event.
            OrderStatus::Received => Cell::line(tail),
            _ => Cell::link(tail, format!("/admin/orders/{id}")),
        },
        Cell::marked(status_words(order.status, order.reason)),
        Cell::number(grouped(i64::from(order.tickets))),
        Cell::number(
            order
                .total
                .map(|total| price(total, currency))
                .unwrap_or_default(),
        ),
    ]
}
