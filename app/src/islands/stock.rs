//! Where the tickets of a type are.

use crate::format::grouped;
use crate::live::feed;
use domain::{Stock, StockLevel, TicketTypeId, stock};
use leptos::prelude::*;

/// Sold, held and remaining of a ticket type, as a bar and in numbers.
#[island]
pub fn StockNow(
    /// Which.
    ticket_type: TicketTypeId,
    /// Where its tickets were when the page was rendered.
    level: StockLevel,
) -> impl IntoView {
    let levels = feed().stock;
    levels.update(|known| stock::merge(known, &Stock::from([(ticket_type.clone(), level)])));
    let level = Memo::new(move |_| {
        levels.with(|levels| levels.get(&ticket_type).copied().unwrap_or(level))
    });
    let share = move |part: fn(&StockLevel) -> i64| {
        let percent = Memo::new(move |_| {
            level.with(|level| part(level).max(0) as f64 * 100.0 / level.capacity().max(1) as f64)
        });
        move || format!("{:.2}%", percent.get())
    };
    let number = move |label: &'static str, class: &'static str, part: fn(&StockLevel) -> i64| {
        view! {
            <div class=class>
                <dt>{label}</dt>
                <dd>{move || grouped(level.with(part))}</dd>
            </div>
        }
    };
    view! {
        <svg class="stock-bar" aria-hidden="true" preserveAspectRatio="none">
            <rect class="bar-held" height="100%" width=share(|level| level.sold + level.held) />
            <rect class="bar-sold" height="100%" width=share(|level| level.sold) />
        </svg>
        <dl class="stock-numbers">
            {number("Remaining", "stock-number", |level| level.remaining)}
            {number("Held", "stock-number stock-held", |level| level.held)}
            {number("Sold", "stock-number stock-sold", |level| level.sold)}
            {number("In all", "stock-number", |level| level.capacity())}
        </dl>
    }
}
