//! An order's status as a mark.

use domain::OrderStatus;
use domain::fold::Reason;
use leptos::prelude::*;

/// The mark's state, and the status in a word with why where that is known.
pub(crate) fn status_words(status: OrderStatus, reason: Option<Reason>) -> (&'static str, String) {
    let state = match status {
        OrderStatus::Received | OrderStatus::Reserved | OrderStatus::Paid => "",
        OrderStatus::Confirmed => "good",
        OrderStatus::Rejected | OrderStatus::Cancelled => "bad",
        OrderStatus::Refunded => "warn",
    };
    let text = match reason {
        Some(reason) => format!("{status}: {}", reason.as_str().replace('_', " ")),
        None => status.as_str().to_owned(),
    };
    (state, text)
}

/// The mark.
pub(crate) fn status_mark(status: OrderStatus, reason: Option<Reason>) -> impl IntoView {
    let (state, text) = status_words(status, reason);
    view! { <span class="mark" data-state=state>{text}</span> }
}
