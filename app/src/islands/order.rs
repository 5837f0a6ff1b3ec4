//! An order, live to its end.

use crate::components::connection::connection_state;
use crate::components::stepper::stepper;
use crate::components::ticket::ticket_stub;
use crate::components::timeline::timeline;
use crate::components::words::{Tone, words};
use crate::components::zone::local_time;
use crate::format::{countdown, price};
use crate::live::feed;
use domain::view::{OrderItemView, OrderView};
use domain::{OrderStatus, Timestamp};
use leptos::prelude::*;
use std::time::Duration;

/// Status, hold, tickets, items and timeline of an order, each shown anew only when it has changed.
#[island]
pub fn LiveOrder(
    /// The order when the page was rendered.
    order: OrderView,
    /// The server's time then.
    now: Timestamp,
) -> impl IntoView {
    let feed = feed();
    let order = {
        let heard = feed.order;
        Memo::new(move |_| heard.get().unwrap_or_else(|| order.clone()))
    };
    let status = Memo::new(move |_| order.with(|order| order.status));
    let said = Memo::new(move |_| order.with(words));
    let tickets = move || order.with(|order| order.tickets.clone());
    let confirmed = move || status.get() == OrderStatus::Confirmed;
    let came_to_nothing = move || said.get().tone == Tone::Bad;
    let order_id = order.with_untracked(|order| order.order_id);
    let pdf = format!("/api/orders/{order_id}/ticket.pdf");
    let local = local_time();
    let tone = move || match said.get().tone {
        Tone::Waiting => "on-print verdict",
        Tone::Good => "on-print verdict verdict-good",
        Tone::Bad => "on-print verdict verdict-bad",
    };
    view! {
        <div class="order">
            <section class=tone aria-labelledby="verdict">
                <div role="status">
                    <h1 id="verdict" class="display verdict-title">{move || said.get().title}</h1>
                    <p class="verdict-meaning">{move || said.get().meaning}</p>
                    <p>{move || said.get().advice}</p>
                </div>
                <Show when=came_to_nothing>
                    <p><a class="button" href="/">"Back to the shop"</a></p>
                </Show>
                {hold(order, now)}
                {stepper(status)}
                <div class="with-script">{connection_state(feed.connection)}</div>
            </section>
            <Show when=move || order.with(|order| !order.tickets.is_empty())>
                <section aria-labelledby="tickets">
                    <h2 id="tickets" class="display section-title">"Your tickets"</h2>
                    <ul class="stubs">
                        <For each=tickets key=|ticket| ticket.sold.ticket_id children=ticket_stub />
                    </ul>
                </section>
            </Show>
            <section class="panel" aria-labelledby="bought">
                <h2 id="bought" class="display section-title">"Your order"</h2>
                {move || order.with(items)}
                <Show when=confirmed>
                    <p class="row"><a class="button" href=pdf.clone() download>"Download the tickets as PDF"</a></p>
                </Show>
                <p class="fine">"Order " <span class="order-id">{order_id.to_string()}</span></p>
                <details class="more">
                    <summary>"What happened, step by step"</summary>
                    {move || order.with(|order| timeline(&order.timeline, local.get()))}
                </details>
            </section>
        </div>
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
    let rows: Vec<_> = order.items.iter().map(row).collect();
    let total = order.total.zip(currency).map(|(total, currency)| {
        view! {
            <p class="sum-row sum-total">
                <span></span>
                <span>"Total"</span>
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

/// How long the tickets are held yet.
fn hold(order: Memo<OrderView>, rendered: Timestamp) -> impl IntoView {
    let clock = server_clock(rendered);
    let left = move || {
        let order = order.get();
        let expires_at = order
            .expires_at
            .filter(|_| order.status == OrderStatus::Reserved && order.reason.is_none())?;
        Some(expires_at.since(clock.get()))
    };
    let text = move || {
        left().map(|left| {
            if left == Duration::ZERO {
                "The hold is ending".to_owned()
            } else {
                format!("Held for {}", countdown(left))
            }
        })
    };
    view! { <p class="hold" role="timer">{text}</p> }
}

/// The server's time: in the browser it goes on from the page's, whatever the reader's own clock says.
#[cfg(target_arch = "wasm32")]
fn server_clock(rendered: Timestamp) -> RwSignal<Timestamp> {
    let clock = RwSignal::new(rendered);
    let tick = move || {
        if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
            clock.set(rendered.plus(Duration::from_millis(performance.now() as u64)));
        }
    };
    Effect::new(move |_| {
        _ = set_interval_with_handle(tick, Duration::from_secs(1));
    });
    clock
}

/// The server's time, which stands while a page is rendered.
#[cfg(not(target_arch = "wasm32"))]
fn server_clock(rendered: Timestamp) -> RwSignal<Timestamp> {
    RwSignal::new(rendered)
}
