//! The sale in numbers.

use crate::components::status::status_mark;
use crate::format::{count, grouped, price};
use crate::live;
use domain::OrderStatus;
use domain::view::Totals;
use leptos::prelude::*;

/// Sold, revenue, held, remaining, accepted, and orders by status.
#[island]
pub fn TotalsBoard(
    /// The numbers when the page was rendered.
    totals: Totals,
) -> impl IntoView {
    let totals = live::latest_or(totals);
    let figure = move |label: &'static str, class: &'static str, text: fn(&Totals) -> String| {
        let value = Signal::derive(move || totals.with(text));
        view! {
            <div class=class>
                <dt>{label}</dt>
                <dd>{value}</dd>
            </div>
        }
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
            {figure("Revenue", "figure figure-second", |totals| price(totals.revenue, totals.currency))}
            {figure("Held", "figure", |totals| grouped(totals.held))}
            {figure("Remaining", "figure", |totals| grouped(totals.remaining))}
            {figure("Accepted here", "figure", |totals| count(totals.accepted))}
        </dl>
        <ul class="marks" aria-label="Orders by status">{by_status}</ul>
    }
}
