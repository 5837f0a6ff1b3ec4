//! The live tail of TICKET_SOLD.

use crate::components::zone::{local_time, time_in};
use crate::format::{count, price};
use crate::live::{TAIL, feed};
use domain::event::TicketSold;
use leptos::prelude::*;

/// The last tickets sold, newest first.
#[island]
pub fn SalesTail(
    /// The tail when the page was rendered.
    sales: Vec<TicketSold>,
) -> impl IntoView {
    let feed = feed();
    let tail = feed.sales;
    tail.set(sales.into_iter().take(TAIL).collect());
    let coalesced = move || match feed.coalesced.get() {
        0 => String::new(),
        number => format!(
            "{} messages were put together so that this page keeps up.",
            count(number)
        ),
    };
    let local = local_time();
    let empty = tail.clone();
    view! {
        <ol class="tail" aria-label="Last tickets sold">
            <For
                each=move || tail.get()
                key=|sale| sale.ticket_id
                children=move |sale| sale_row(sale, local)
            />
        </ol>
        <p class="fine">
            {move || empty.with(|tail| tail.is_empty()).then_some("No ticket is sold yet. Each shows here as it is.")}
            {coalesced}
        </p>
    }
}

fn sale_row(sale: TicketSold, local: RwSignal<bool>) -> impl IntoView {
    let order = format!("/admin/orders/{}", sale.order_id);
    let moment = sale.timestamp;
    view! {
        <li class="sale">
            <span class="sale-time">{move || time_in(moment, local.get())}</span>
            <a class="sale-type" href=order>{sale.ticket_type.to_string()}</a>
            <span class="sale-count">{sale.ticket_number} "/" {sale.tickets_in_order}</span>
            <span class="sale-price">{price(sale.price, sale.currency)}</span>
        </li>
    }
}
