//! Where the tickets of a type are.

use crate::format::grouped;
use crate::live;
use crate::seed::Seed;
use domain::{Stock, StockLevel, TicketTypeId, stock};
use leptos::prelude::*;

/// Sold, held and remaining of a ticket type, as a bar and in numbers.
#[island]
pub fn StockNow(
    /// Which.
    ticket_type: Seed<TicketTypeId>,
    /// Where its tickets were when the page was rendered.
    level: Seed<StockLevel>,
) -> impl IntoView {
    let (Seed(ticket_type), Seed(level)) = (ticket_type, level);
    let levels = live::stock();
    levels.update(|known| stock::merge(known, &Stock::from([(ticket_type.clone(), level)])));
    // Functions and not closures: each closure is a type of its own, and as much code again.
    let says = move |text: fn(&StockLevel) -> String| {
        let (levels, id) = (levels.clone(), ticket_type.clone());
        Signal::derive(move || {
            let known = levels.with(|levels| levels.get(&id).copied());
            text(&known.unwrap_or(level))
        })
    };
    let number = |label: &'static str, class: &'static str, text: fn(&StockLevel) -> String| {
        view! {
            <div class=class>
                <dt>{label}</dt>
                <dd>{says(text)}</dd>
            </div>
        }
    };
    view! {
        <svg class="stock-bar" viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar-held" height="1" width=says(|level| permille(level, level.sold + level.held)) />
            <rect class="bar-sold" height="1" width=says(|level| permille(level, level.sold)) />
        </svg>
        <dl class="stock-numbers">
            {number("Remaining", "stock-number", |level| grouped(level.remaining))}
            {number("Held", "stock-number stock-held", |level| grouped(level.held))}
            {number("Sold", "stock-number stock-sold", |level| grouped(level.sold))}
            {number("In all", "stock-number", |level| grouped(level.capacity()))}
        </dl>
    }
}

/// A part of all tickets, in thousandths.
fn permille(level: &StockLevel, part: i64) -> String {
    (part.max(0).saturating_mul(1_000) / level.capacity().max(1)).to_string()
}
