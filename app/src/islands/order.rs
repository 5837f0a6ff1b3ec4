//! An order, live to its end.

use crate::components::clock::server_clock;
use crate::components::connection::connection_state;
use crate::components::place::place_in_line;
use crate::components::stepper::stepper;
use crate::components::ticket::ticket_stub;
use crate::components::timeline::timeline;
use crate::components::words::{Tone, words};
use crate::components::zone::local_time;
use crate::format::{countdown, price};
use crate::live::{Connection, feed};
use domain::view::{OrderItemView, OrderView};
use domain::{OrderStatus, Timestamp};
use leptos::prelude::*;
use std::time::Duration;

/// An order, shown anew when there is news of it. What has not changed stays as it is in the document: one view is
/// compared with the next, so that open details stay open.
#[island]
pub fn LiveOrder(
    /// The order when the page was rendered.
    order: OrderView,
    /// The server's time then.
    now: Timestamp,
) -> impl IntoView {
    let feed = feed();
    feed.order.set(Some(order));
    let left = hold(feed.order.clone(), now);
    let connection = feed.connection;
    let local = local_time();
    let whole = move || {
        feed.order
            .get()
            .map(|order| order_view(&order, local.get(), left, connection.clone()))
    };
    view! { <div class="order">{whole}</div> }
}

fn order_view(
    order: &OrderView,
    local: bool,
    left: Memo<Option<Duration>>,
    connection: ArcRwSignal<Connection>,
) -> impl IntoView + use<> {
    let words = words(order);
    let tone = match words.tone {
        Tone::Waiting => "on-print verdict",
        Tone::Good => "on-print verdict verdict-good",
        Tone::Bad => "on-print verdict verdict-bad",
    };
    let back = (words.tone == Tone::Bad)
        .then(|| view! { <p><a class="button" href="/">"Back to the shop"</a></p> });
    let pdf = (order.status == OrderStatus::Confirmed).then(|| {
        let pdf = format!("/api/orders/{}/ticket.pdf", order.order_id);
        view! { <p class="row"><a class="button" href=pdf download>"Download the tickets as PDF"</a></p> }
    });
    let tickets: Vec<_> = order.tickets.iter().map(ticket_stub).collect();
    let tickets = (!tickets.is_empty()).then(|| {
        view! {
            <section aria-labelledby="tickets">
                <h2 id="tickets" class="display section-title">"Your tickets"</h2>
                <ul class="stubs">{tickets}</ul>
            </section>
        }
    });
    view! {
        <section class=tone aria-labelledby="verdict">
            <div role="status">
                <h1 id="verdict" class="display verdict-title">{words.title}</h1>
                <p class="verdict-meaning">{words.meaning}</p>
                <p>{words.advice}</p>
            </div>
            {back}
            {order.wait.map(place_in_line)}
            <p class="hold" role="timer">{move || left.get().map(hold_text)}</p>
            {stepper(order.status)}
            <div class="with-script">{connection_state(connection)}</div>
        </section>
        {tickets}
        <section class="panel" aria-labelledby="bought">
            <h2 id="bought" class="display section-title">"Your order"</h2>
            {items(order)}
            {pdf}
            <p class="fine">"Order " <span class="order-id">{order.order_id.to_string()}</span></p>
            <details class="more">
                <summary>"What happened, step by step"</summary>
                {timeline(&order.timeline, local)}
            </details>
        </section>
    }
}

/// What was ordered, and what it comes to.
fn items(order: &OrderView) -> impl IntoView + use<> {
    let currency = order.currency;
    let row = |item: &OrderItemView| {
        let sum = item
            .unit_price
            .zip(currency)
            .and_then(|(unit, currency)| Some(price(unit.times(item.quantity.get())?, currency)));
        view! {
            <li class="sum-row">
                <span class="sum-count">{item.quantity.get()} " ×"</span>
                <span>{item.name.clone()}</span>
                <span class="sum-price">{sum}</span>
            </li>
        }
    };
    let label = match order.status {
        OrderStatus::Received | OrderStatus::Reserved => "Total",
        OrderStatus::Paid | OrderStatus::Confirmed => "Paid",
        OrderStatus::Rejected | OrderStatus::Cancelled => "Not charged",
        OrderStatus::Refunded => "Paid back",
    };
    let rows: Vec<_> = order.items.iter().map(row).collect();
    let total = order.total.zip(currency).map(|(total, currency)| {
        view! {
            <p class="sum-row sum-total">
                <span></span>
                <span>{label}</span>
                <span class="sum-price">{price(total, currency)}</span>
            </p>
        }
    });
    let unknown = rows
        .is_empty()
        .then(|| view! { <p>"What you ordered shows here as soon as it is decided."</p> });
    view! {
        {unknown}
        <ul class="sum">{rows}</ul>
        {total}
    }
}

fn hold_text(left: Duration) -> String {
    if left == Duration::ZERO {
        "The hold is ending".to_owned()
    } else {
        format!("Held for {}", countdown(left))
    }
}

/// How long the tickets are held yet, if they are.
fn hold(order: ArcRwSignal<Option<OrderView>>, rendered: Timestamp) -> Memo<Option<Duration>> {
    let clock = server_clock(rendered);
    Memo::new(move |_| {
        let now = clock.get();
        order.with(|order| {
            let order = order.as_ref()?;
            let held = order.status == OrderStatus::Reserved && order.reason.is_none();
            Some(order.expires_at.filter(|_| held)?.since(now))
        })
    })
}
