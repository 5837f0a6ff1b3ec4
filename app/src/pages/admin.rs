//! `/admin`: the sale as it happens.

use crate::document::{Feed, PageMeta};
use crate::site::Bundle;
use domain::FieldError;
use domain::view::{AdjustmentView, Overview};
use leptos::prelude::*;

/// What the dashboard shows.
#[derive(Clone, Debug)]
pub struct AdminPage {
    /// The sale.
    pub overview: Overview,
    /// Where on the log `overview` stands; empty when there is no such place.
    pub cursor: String,
    /// Who is signed in, by address.
    pub admin: String,
    /// The adjustment form that came back, if one did.
    pub stock_form: Option<StockForm>,
    /// The adjustment that was just asked for, if any.
    pub adjustment: Option<AdjustmentView>,
}

/// A stock adjustment, as typed: `POST /admin/stock` with `ticket_type`, `change`, `reason`.
#[derive(Clone, Debug, Default)]
pub struct StockForm {
    /// Whose stock.
    pub ticket_type: String,
    /// Tickets to add; negative: to take away.
    pub change: String,
    /// Why.
    pub reason: String,
    /// What is wrong, by the names of the form's fields.
    pub errors: Vec<FieldError>,
}

pub(crate) fn view(page: AdminPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: "Dashboard".to_owned(),
        description: "The sale as it happens.",
        listed: false,
        bundle: Bundle::Admin,
        feed: Some(Feed {
            url: "/ws/admin".to_owned(),
            since: page.cursor,
        }),
    };
    (meta, view! { <main></main> }.into_any())
}
