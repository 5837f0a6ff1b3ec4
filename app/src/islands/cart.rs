//! What is chosen on the shop's page, and what it comes to.

use crate::format::grouped;
use domain::{Amount, Currency};
use leptos::prelude::*;

/// So many tickets at a price.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub quantity: u32,
    pub price: Amount,
}

/// What is chosen: a line for each ticket type, which follows its quantity field.
pub(super) type Cart = ArcRwSignal<Vec<Signal<Line>>>;

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
    // The server counts nothing, and the first rendering here must be the same.
    let counts = RwSignal::new(false);
    Effect::new(move |_| counts.set(true));
    let lines = move || {
        let counts = counts.get();
        cart.with(|lines| {
            lines.iter().filter(|_| counts).map(|line| line.get()).fold(
                (0, Amount::ZERO),
                |(tickets, total), line| {
                    let price = line.price.times(line.quantity).unwrap_or_default();
                    (tickets + i64::from(line.quantity), total + price)
                },
            )
        })
    };
    let sum = Signal::derive({
        let lines = lines.clone();
        move || lines().1.display(currency)
    });
    let tickets = Signal::derive(move || match lines().0 {
        0 => "No tickets yet".to_owned(),
        1 => "1 ticket".to_owned(),
        number => format!("{} tickets", grouped(number)),
    });
    view! {
        <output class="total with-script" aria-live="polite">
            <span class="total-count">{tickets}</span>
            <span class="total-sum">{sum}</span>
        </output>
    }
}
