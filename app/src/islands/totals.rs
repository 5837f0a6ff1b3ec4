//! The sale in numbers.

use crate::components::status::status_mark;
use crate::format::{count, grouped, price};
use crate::live::feed;
use domain::view::Totals;
use leptos::prelude::*;

/// Sold, revenue, held, remaining, accepted, and orders by status.
#[island]
pub fn TotalsBoard(
    /// The numbers when the page was rendered.
    totals: Totals,
) -> impl IntoView {
    let heard = feed().totals;
    let totals = Memo::new(move |_| heard.get().unwrap_or_else(|| totals.clone()));
    let figure = move |label: &'static str, class: &'static str, text: fn(&Totals) -> String| {
        let value = Memo::new(move |_| totals.with(text));
        view! {
            <div class=class>
                <dt>{label}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let by_status = move || {
        let counts = totals.get().orders;
        counts
            .into_iter()
            .map(|count| view! { <li>{status_mark(count.status, None)} " " <b>{grouped(count.count)}</b></li> })
            .collect_view()
    };
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
