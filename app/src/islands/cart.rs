//! What is chosen on the shop's page, and what it comes to.

use crate::format::{grouped, price};
use domain::{Amount, Currency, TicketTypeId};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// So many tickets at a price.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub quantity: u32,
    pub price: Amount,
}

/// What is chosen, by ticket type: filled by each type's quantity field.
pub(super) type Cart = ArcRwSignal<BTreeMap<TicketTypeId, Line>>;

/// The page's cart.
#[cfg(target_arch = "wasm32")]
pub(super) fn cart() -> Cart {
    thread_local! {
        static CART: Cart = Cart::default();
    }
    CART.with(Cart::clone)
}

/// The page's cart: on the server an empty one.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn cart() -> Cart {
    Cart::default()
}

/// The sum under the order form. It counts in the browser, so without scripts it is not shown.
#[island]
pub fn OrderTotal(currency: Currency) -> impl IntoView {
    let cart = cart();
    let sum = Memo::new(move |_| {
        cart.with(|lines| {
            let tickets: i64 = lines.values().map(|line| i64::from(line.quantity)).sum();
            let total = lines
                .values()
                .map(|line| line.price.times(line.quantity).unwrap_or_default())
                .sum::<Amount>();
            (tickets, total)
        })
    });
    let tickets = move || match sum.get().0 {
        0 => "No tickets yet".to_owned(),
        1 => "1 ticket".to_owned(),
        number => format!("{} tickets", grouped(number)),
    };
    view! {
        <output class="total with-script" aria-live="polite">
            <span class="total-count">{tickets}</span>
            <span class="total-sum">{move || price(sum.get().1, currency)}</span>
        </output>
    }
}
