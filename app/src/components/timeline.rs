//! What happened to an order, step by step.

use crate::components::zone::time_in;
use crate::format::elapsed;
use domain::view::{Carrier, TimelineEntry};
use leptos::prelude::*;

/// An event type in plain words; a type that is not known here is shown as it is.
fn step_name(event_type: &str) -> &str {
    match event_type {
        "ORDER_PLACED" => "Order accepted",
        "INVENTORY_RESERVED" => "Tickets held",
        "ORDER_REJECTED" => "Order rejected",
        "CHARGE_PAYMENT" => "Payment asked for",
        "CANCEL_CHARGE" => "Hold ended",
        "REFUND_PAYMENT" => "Refund asked for",
        "PAYMENT_PROCESSED" => "Payment taken",
        "PAYMENT_FAILED" => "Payment failed",
        "PAYMENT_REFUNDED" => "Payment refunded",
        "REFUND_FAILED" => "Refund failed",
        "TICKET_SOLD" => "Ticket sold",
        "ORDER_CONFIRMED" => "Order confirmed",
        "ORDER_CANCELLED" => "Order cancelled",
        "MAIL_SENT" => "Mail sent",
        "MAIL_FAILED" => "Mail failed",
        other => other,
    }
}

/// What carried a step, to who need not know more.
pub(crate) fn carrier_name(carrier: Carrier) -> String {
    match carrier {
        Carrier::Queue => "queue".to_owned(),
        Carrier::Log => "log".to_owned(),
    }
}

/// The steps as lines of a list: each with its time, the time since the one before, and what carried it.
pub(crate) fn timeline(
    entries: &[TimelineEntry],
    local: bool,
    carrier: &dyn Fn(Carrier) -> String,
) -> Vec<impl IntoView + use<>> {
    let before = std::iter::once(None).chain(entries.iter().map(|entry| Some(entry.timestamp)));
    entries
        .iter()
        .zip(before)
        .map(|(entry, before)| {
            let since = before
                .map(|before| format!("+{}", elapsed(entry.timestamp.since(before))))
                .unwrap_or_default();
            let carrier = carrier(entry.carrier);
            view! {
                <li class="event-row">
                    <span class="event-time">{time_in(entry.timestamp, local)}</span>
                    <span class="event-name">
                        {step_name(&entry.event_type).to_owned()}
                        <span class="event-detail">{entry.detail.clone()}</span>
                    </span>
                    <span class="event-since">{since}</span>
                    <span class="event-carrier">{carrier}</span>
                </li>
            }
        })
        .collect()
}
