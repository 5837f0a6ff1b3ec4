//! The sale in numbers.

use crate::components::status::status_mark;
use crate::format::{count, grouped};
use crate::live;
use crate::seed::Seed;
use domain::OrderStatus;
use domain::view::{QueueGauge, QueuesView, Totals};
use leptos::prelude::*;

/// Sold, revenue, what comes and waits, held, remaining, and orders by status.
#[island]
pub fn TotalsBoard(
    /// The numbers when the page was rendered.
    totals: Seed<Totals>,
    /// The queues then.
    queues: Seed<QueuesView>,
) -> impl IntoView {
    let totals = live::latest_or(totals.0);
    let queues = live::latest_or(queues.0);
    let figure = move |label: &'static str, class: &'static str, text: fn(&Totals) -> String| {
        figure_view(label, class, Signal::derive(move || totals.with(text)))
    };
    let of_orders = move |label: &'static str, text: fn(&QueueGauge) -> Option<String>| {
        let value = Signal::derive(move || {
            let known = queues.with(|view| {
                let orders = view.queues.iter().find(|queue| queue.name == "orders");
                orders.and_then(text)
            });
            known.unwrap_or_else(|| "–".to_owned())
        });
        figure_view(label, "figure", value)
    };
    let by_status = |status: OrderStatus| {
        let count = move |totals: &Totals| {
            let known = totals.orders.iter().find(|known| known.status == status);
            known.map_or(0, |known| known.count)
        };
        let none = Signal::derive(move || totals.with(count) == 0);
        let count = Signal::derive(move || grouped(totals.with(count)));
        view! { <li hidden=none>{status_mark(status, None)} " " <b>{count}</b></li> }
    };
    let by_status: Vec<_> = OrderStatus::ALL.into_iter().map(by_status).collect();
    view! {
        <dl class="figures">
            {figure("Tickets sold", "figure figure-first", |totals| grouped(totals.sold))}
            {figure("Revenue", "figure figure-second", |totals| totals.revenue.display(totals.currency))}
            {of_orders("Orders/s", |queue| Some(grouped(queue.in_per_second?.round() as i64)))}
            {of_orders("Waiting", |queue| Some(count(queue.ready + queue.unacked.unwrap_or(0))))}
            {figure("Held", "figure", |totals| grouped(totals.held))}
            {figure("Remaining", "figure", |totals| grouped(totals.remaining))}
        </dl>
        <ul class="marks" aria-label="Orders by status">{by_status}</ul>
    }
}

fn figure_view(label: &'static str, class: &'static str, value: Signal<String>) -> impl IntoView {
    let length = move || match value.with(String::len) {
        0..=3 => "short",
        4..=6 => "middle",
        7..=11 => "long",
        _ => "longest",
    };
    view! {
        <div class=class>
            <dt>{label}</dt>
            <dd data-length=length>{value}</dd>
        </div>
    }
}
