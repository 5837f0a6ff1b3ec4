//! `/`: what is sold, and the one form that buys it.

use crate::document::{Feed, PageMeta};
use crate::site::Bundle;
use domain::view::ShopEvent;
use domain::{FieldError, Timestamp};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What the shop shows.
#[derive(Clone, Debug)]
pub struct ShopPage {
    /// What is sold, in the shop's order.
    pub events: Vec<ShopEvent>,
    /// The moment by which sale windows are judged.
    pub now: Timestamp,
    /// Where on the log `events` stand; empty when there is no such place.
    pub cursor: String,
    /// The form, empty or as it came back.
    pub form: OrderForm,
    /// What to say above the form, when an order could not be taken.
    pub notice: Option<Notice>,
}

/// The order form: `POST /orders` with `quantity.<ticket type>` for each type, `name`, `email`, `payment_token`,
/// `idempotency_key`. What was typed is kept as it was typed.
#[derive(Clone, Debug, Default)]
pub struct OrderForm {
    /// Quantities by ticket type.
    pub quantities: BTreeMap<String, String>,
    /// The buyer's name.
    pub name: String,
    /// The buyer's address.
    pub email: String,
    /// The payment method.
    pub payment_token: String,
    /// Made for each empty form, and kept when the form comes back: the same order, however often it is sent.
    pub idempotency_key: String,
    /// What is wrong, by the names of the form's fields; `items` when nothing was chosen.
    pub errors: Vec<FieldError>,
}

/// A word to the reader above everything else.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What happened.
    pub title: String,
    /// What it means, and what to do now.
    pub detail: String,
}

pub(crate) fn view(page: ShopPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: "Tickets".to_owned(),
        description: "Festival tickets, live from the sale.",
        listed: true,
        bundle: Bundle::Shop,
        feed: Some(Feed {
            url: "/ws/shop".to_owned(),
            since: page.cursor,
        }),
    };
    (meta, view! { <main></main> }.into_any())
}
