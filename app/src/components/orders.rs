//! Orders in a list.

use crate::components::status::status_words;
use crate::components::table::{Cell, Column, Row, numbers, words};
use crate::components::zone::time_in;
use crate::format::grouped;
use domain::view::OrderRow;
use domain::{Currency, OrderStatus};

/// The columns.
pub(crate) const COLUMNS: &[Column] = &[
    words("Changed"),
    words("Order"),
    words("Status"),
    numbers("Tickets"),
    numbers("Total"),
];

/// An order as a row. It leads to its timeline.
pub(crate) fn order_row(order: &OrderRow, currency: Currency, local: bool) -> Row {
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
        order
            .total
            .map_or_else(Cell::default, |total| Cell::number(total.display(currency))),
    ]
}
