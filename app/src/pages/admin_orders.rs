//! `/admin/orders`: orders that were looked for.

use crate::components::frame::admin_frame;
use crate::components::orders::{COLUMNS, order_row};
use crate::components::search::order_search;
use crate::components::table::table;
use crate::document::PageMeta;
use crate::site::Bundle;
use domain::view::OrderRow;
use domain::{Currency, FieldError};
use leptos::prelude::*;

/// What an admin looked for, and found.
#[derive(Clone, Debug)]
pub struct AdminOrdersPage {
    /// What was typed.
    pub q: String,
    /// The status that was chosen; empty for any.
    pub status: String,
    /// What is wrong with what was typed.
    pub errors: Vec<FieldError>,
    /// What was found, at most `most` of it.
    pub orders: Vec<OrderRow>,
    /// The most that are shown.
    pub most: usize,
    /// The currency of their totals.
    pub currency: Currency,
    /// Who is signed in, by address.
    pub admin: String,
}

pub(crate) fn view(page: AdminOrdersPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: "Orders".to_owned(),
        description: "Orders, found by number, address or status.",
        preview: None,
        bundle: Bundle::None,
        kept: false,
        feed: None,
    };
    let count = match page.orders.len() {
        1 => "1 order".to_owned(),
        many if many >= page.most => format!("The first {many} orders"),
        many => format!("{many} orders"),
    };
    let rows: Vec<_> = page
        .orders
        .iter()
        .map(|order| order_row(order, page.currency, false))
        .collect();
    let found = page.errors.is_empty().then(|| {
        view! {
            <p class="fine" role="status">{count}</p>
            {table("Table of the orders found", "Orders that fit", COLUMNS, Signal::stored(rows), "No order fits. One that was just placed may still wait to be decided.")}
        }
    });
    let content = view! {
        <p><a href="/admin">"← Dashboard"</a></p>
        <section class="panel" aria-labelledby="orders">
            <h1 id="orders" class="display section-title">"Orders"</h1>
            {order_search(page.q, &page.status, &page.errors)}
            {found}
        </section>
    };
    (meta, admin_frame(page.admin, false, content.into_any()))
}
