//! What happened to an order, in words.

use super::now::Now;
use domain::view::{Carrier, TimelineEntry};
use domain::{Event, Order, Timestamp};

/// An event as it is stored.
pub(super) struct StoredEvent {
    pub kind: String,
    pub payload: String,
}

/// The order's steps, oldest first, whatever order the log shows them in. How it came in, no event says: that was a
/// command.
pub(super) fn timeline(order: &Order, events: &[StoredEvent], now: &Now) -> Vec<TimelineEntry> {
    let mut steps: Vec<_> = events.iter().map(|stored| entry(stored, now)).collect();
    // Stable: events of one moment stay as the log has them.
    steps.sort_by_key(|step| step.timestamp);
    let placed = order.placed_at.map(placed);
    placed.into_iter().chain(steps).collect()
}

/// The first step.
pub(super) fn placed(at: Timestamp) -> TimelineEntry {
    TimelineEntry {
        event_type: "ORDER_PLACED".to_owned(),
        timestamp: at,
        carrier: Carrier::Queue,
        detail: String::new(),
    }
}

fn entry(stored: &StoredEvent, now: &Now) -> TimelineEntry {
    let event = Event::decode(&stored.kind, stored.payload.as_bytes())
        .ok()
        .flatten();
    TimelineEntry {
        event_type: stored.kind.clone(),
        timestamp: event
            .as_ref()
            .map_or_else(|| timestamp_of(&stored.payload), Event::timestamp),
        carrier: Carrier::Log,
        detail: event.map(|event| detail(&event, now)).unwrap_or_default(),
    }
}

/// An event of a type that this build does not know has a timestamp all the same.
fn timestamp_of(payload: &str) -> Timestamp {
    #[derive(serde::Deserialize)]
    struct Timed {
        timestamp: Timestamp,
    }
    serde_json::from_str::<Timed>(payload).map_or_else(|_| Timestamp::default(), |e| e.timestamp)
}

fn detail(event: &Event, now: &Now) -> String {
    match event {
        Event::InventoryReserved(e) => {
            format!("held until payment, {}", e.total.display(e.currency))
        }
        Event::OrderRejected(e) => in_words(e.reason.as_str()),
        Event::PaymentProcessed(e) => in_words(&e.payment_status),
        Event::PaymentFailed(e) => in_words(e.reason.as_str()),
        Event::RefundFailed(e) => e.reason.clone(),
        Event::TicketSold(e) => format!(
            "ticket {} of {}, {}",
            e.ticket_number,
            e.tickets_in_order,
            now.name_of(&e.ticket_type)
        ),
        Event::OrderCancelled(e) => in_words(e.reason.as_str()),
        Event::MailSent(e) if e.attempts > 1 => format!("at the {}. try", e.attempts),
        Event::MailFailed(e) => format!("given up after {} tries: {}", e.attempts, e.error),
        _ => String::new(),
    }
}

fn in_words(reason: &str) -> String {
    reason.replace('_', " ")
}
