//! An order's status as a mark.

use domain::OrderStatus;
use domain::fold::Reason;
use leptos::prelude::*;

/// The status in a word, and why where that is known.
pub(crate) fn status_mark(status: OrderStatus, reason: Option<Reason>) -> impl IntoView {
    let class = match status {
        OrderStatus::Received | OrderStatus::Reserved | OrderStatus::Paid => "mark",
        OrderStatus::Confirmed => "mark mark-good",
        OrderStatus::Rejected | OrderStatus::Cancelled => "mark mark-bad",
        OrderStatus::Refunded => "mark mark-warn",
    };
    let text = match reason {
        Some(reason) => format!("{status}: {}", reason.as_str().replace('_', " ")),
        None => status.as_str().to_owned(),
    };
    view! { <span class=class>{text}</span> }
}
