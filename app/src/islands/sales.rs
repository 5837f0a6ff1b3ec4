//! The live tail of TICKET_SOLD.

use crate::components::names::{TicketTypeNames, name_in};
use crate::components::table::{Cell, Column, Row, numbers, table, words};
use crate::components::zone::{local_time, time_in};
use crate::format::count;
use crate::live::{self, TAIL};
use crate::seed::Seed;
use domain::event::TicketSold;
use leptos::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

const COLUMNS: &[Column] = &[
    words("Sold at"),
    words("Ticket"),
    numbers("Of order"),
    numbers("Price"),
];

/// The last tickets sold, newest first: of all ticket types or of one, and held still while somebody reads.
#[island]
pub fn SalesTail(
    /// The tail when the page was rendered.
    sales: Seed<Vec<TicketSold>>,
    /// What can be sold, with its name.
    ticket_types: Seed<TicketTypeNames>,
) -> impl IntoView {
    let heard = live::sales();
    heard.update(|tail| *tail = sales.0.into_iter().take(TAIL).collect());
    let names = Arc::new(ticket_types.0);
    // The tail as it was when it was paused, in a signal of the same type: another type would be as much code again.
    let (paused, held) = (RwSignal::new(false), ArcRwSignal::new(VecDeque::new()));
    let only = RwSignal::new(String::new());
    let local = local_time();

    let (now, hold) = (heard.clone(), held.clone());
    let pause = move |event| {
        hold.set(now.get_untracked());
        paused.set(event_target_checked(&event));
    };
    let known = names.clone();
    let rows = Signal::derive(move || {
        let (only, local) = (only.get(), local.get());
        let tail = if paused.get() { &held } else { &heard }.get();
        tail.iter()
            .filter(|sale| only.is_empty() || sale.ticket_type.as_str() == only)
            .map(|sale| sale_row(sale, &known, local))
            .collect()
    });
    let coalesced = live::coalesced();
    let coalesced = Signal::derive(move || match coalesced.get() {
        0 => String::new(),
        number => format!(
            "{} messages were put together so that this page keeps up.",
            count(number)
        ),
    });
    let choices: Vec<_> = names
        .iter()
        .map(|(id, name)| view! { <option value=id.clone()>{name.clone()}</option> })
        .collect();
    view! {
        <div class="tail-tools with-script">
            <label>
                "Ticket type "
                <select autocomplete="off" on:change=move |event| only.set(event_target_value(&event))>
                    <option value="">"all"</option>
                    {choices}
                </select>
            </label>
            <label><input type="checkbox" autocomplete="off" on:change=pause /> " Pause"</label>
        </div>
        <div class="tail">
            {table("Last tickets sold", "Last tickets sold, newest first", COLUMNS, rows, "None yet. Each ticket shows here as it is sold.")}
        </div>
        <p class="fine">{coalesced}</p>
    }
}

fn sale_row(sale: &TicketSold, names: &TicketTypeNames, local: bool) -> Row {
    vec![
        Cell::line(time_in(sale.timestamp, local)),
        Cell::link(
            name_in(names, &sale.ticket_type),
            format!("/admin/orders/{}", sale.order_id),
        ),
        Cell::number(format!("{}/{}", sale.ticket_number, sale.tickets_in_order)),
        Cell::number(sale.price.display(sale.currency)),
    ]
}
