//! The last orders.

use crate::components::status::status_mark;
use crate::components::table::{Column, numbers, table, words};
use crate::components::zone::{local_time, time_in};
use crate::format::{grouped, price};
use crate::live::feed;
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
    let rows = feed().orders;
    rows.set(orders);
    let local = local_time();
    let empty = rows.clone();
    let lines = move || {
        rows.with(|rows| {
            rows.iter()
                .map(|row| order_row(row, currency, local.get()))
                .collect_view()
        })
    };
    view! {
        {table("Table of the last orders", "Last orders, newest first", COLUMNS, lines)}
        <p class="fine">{move || empty.with(|rows| rows.is_empty()).then_some("No order has come yet.")}</p>
    }
}

fn order_row(row: &OrderRow, currency: Currency, local: bool) -> impl IntoView + use<> {
    let id = row.order_id.to_string();
    let tail = format!("…{}", id.get(24..).unwrap_or_default());
    view! {
        <tr>
            <td class="nowrap">{time_in(row.updated_at, local)}</td>
            <td class="nowrap">
                {match row.status {
                    // Its page begins with its first event.
                    OrderStatus::Received => tail.into_any(),
                    _ => view! { <a href=format!("/admin/orders/{id}") title=id>{tail}</a> }.into_any(),
                }}
            </td>
            <td>{status_mark(row.status, row.reason)}</td>
            <td class="number">{grouped(i64::from(row.tickets))}</td>
            <td class="number">{row.total.map(|total| price(total, currency))}</td>
        </tr>
    }
}
