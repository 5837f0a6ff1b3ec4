//! An order, live to its end.

use crate::components::clock::server_clock;
use crate::components::connection::connection_state;
use crate::components::item::item_row;
use crate::components::place::{ahead_text, time_text};
use crate::components::stepper::stepper;
use crate::components::ticket::ticket_stub;
use crate::components::timeline::{carrier_name, timeline};
use crate::components::words::{Tone, words};
use crate::components::zone::local_time;
use crate::format::countdown;
use crate::live::{self, Shown};
use crate::seed::Seed;
use domain::view::OrderView;
use domain::{OrderStatus, Timestamp};
use leptos::prelude::*;

/// An order. Its parts follow it one by one: what has not changed stays as it is in the document, and open details stay
/// open. What does not apply is hidden, which is a third of the code of what comes and goes.
#[island]
pub fn LiveOrder(
    /// The order when the page was rendered.
    order: Seed<OrderView>,
    /// The server's time then.
    now: Timestamp,
) -> impl IntoView {
    let id = order.0.order_id;
    let order = live::latest_or(order.0);
    // Functions and not closures: each closure is a type of its own, and as much code again.
    let says = move |text: fn(&OrderView) -> String| Signal::derive(move || order.with(text));
    let is = move |holds: fn(&OrderView) -> bool| Signal::derive(move || order.with(holds));
    let local = local_time();
    let tickets = move || order.with(|order| order.tickets.iter().map(ticket_stub).collect_view());
    let items = move || {
        order.with(|order| {
            order
                .items
                .iter()
                .map(|item| item_row(item, order.currency))
                .collect_view()
        })
    };
    let steps = move || order.with(|order| timeline(&order.timeline, local.get(), &carrier_name));
    view! {
        <div class="order">
            <section class="on-print verdict" data-tone=says(|order| words(order).tone.as_str().to_owned()) aria-labelledby="verdict">
                <div role="status">
                    <h1 id="verdict" class="display verdict-title">{says(|order| words(order).title.to_owned())}</h1>
                    <p class="verdict-meaning">{says(|order| words(order).meaning.to_owned())}</p>
                    <p>{says(|order| words(order).advice.to_owned())}</p>
                </div>
                <p hidden=is(|order| words(order).tone != Tone::Bad)>
                    <a class="button" href="/">"Back to the shop"</a>
                </p>
                <p class="place" hidden=is(|order| order.wait.is_none())>
                    <strong class="place-ahead">{says(|order| order.wait.map(ahead_text).unwrap_or_default())}</strong>
                    <span>{says(|order| order.wait.map(time_text).unwrap_or_default())}</span>
                </p>
                <p class="hold" role="timer" hidden=is(|order| held_until(order).is_none())>{hold(order, now)}</p>
                {stepper(order)}
                <div class="with-script">{connection_state(live::connection())}</div>
            </section>
            <section aria-labelledby="tickets" hidden=is(|order| order.tickets.is_empty())>
                <h2 id="tickets" class="display section-title">"Your tickets"</h2>
                <ul class="stubs">{tickets}</ul>
            </section>
            <section class="panel" aria-labelledby="bought">
                <h2 id="bought" class="display section-title">"Your order"</h2>
                <p hidden=is(|order| !order.items.is_empty())>"What you ordered shows here as soon as it is decided."</p>
                <ul class="sum">{items}</ul>
                <p class="sum-row sum-total" hidden=is(|order| order.total.is_none())>
                    <span></span>
                    <span>{says(|order| total_label(order.status).to_owned())}</span>
                    <span class="sum-price">{says(total_text)}</span>
                </p>
                <p class="row" hidden=is(|order| order.status != OrderStatus::Confirmed)>
                    <a class="button" href=format!("/api/orders/{id}/ticket.pdf") download>"Download the tickets as PDF"</a>
                    <a class="button button-quiet" href=format!("/api/orders/{id}/calendar.ics") download>"Add to calendar"</a>
                </p>
                <p class="fine">"Order " <span class="order-id">{id.to_string()}</span></p>
                <details class="more">
                    <summary>"What happened, step by step"</summary>
                    <ol class="event-list">{steps}</ol>
                </details>
            </section>
        </div>
    }
}

fn total_label(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Received | OrderStatus::Reserved => "Total",
        OrderStatus::Paid | OrderStatus::Confirmed => "Paid",
        OrderStatus::Rejected | OrderStatus::Cancelled => "Not charged",
        OrderStatus::Refunded => "Paid back",
    }
}

fn total_text(order: &OrderView) -> String {
    order
        .total
        .zip(order.currency)
        .map(|(total, currency)| total.display(currency))
        .unwrap_or_default()
}

/// Until when the tickets are held, if they are.
fn held_until(order: &OrderView) -> Option<Timestamp> {
    let held = order.status == OrderStatus::Reserved && order.reason.is_none();
    order.expires_at.filter(|_| held)
}

/// How long the tickets are held yet.
fn hold(order: Shown<OrderView>, rendered: Timestamp) -> Signal<String> {
    let clock = server_clock(rendered);
    Signal::derive(move || match order.with(held_until) {
        None => String::new(),
        Some(until) if until <= clock.get() => "The hold is ending".to_owned(),
        Some(until) => format!("Held for {}", countdown(until.since(clock.get()))),
    })
}
