//! What was ordered of a ticket type.

use domain::Currency;
use domain::view::OrderItemView;
use leptos::prelude::*;

/// So many of a ticket type, and what they come to.
pub(crate) fn item_row(item: &OrderItemView, currency: Option<Currency>) -> impl IntoView + use<> {
    let sum = item
        .unit_price
        .zip(currency)
        .and_then(|(unit, currency)| Some(unit.times(item.quantity.get())?.display(currency)));
    view! {
        <li class="sum-row">
            <span class="sum-count">{format!("{} ×", item.quantity.get())}</span>
            <span>{item.name.clone()} <span class="fine sum-event">{item.event.clone()}</span></span>
            <span class="sum-price">{sum.unwrap_or_default()}</span>
        </li>
    }
}
