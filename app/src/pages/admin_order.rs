//! `/admin/orders/{id}`: one order's timeline.

use crate::document::PageMeta;
use crate::site::Bundle;
use domain::view::OrderView;
use leptos::prelude::*;

/// What an admin sees of an order.
#[derive(Clone, Debug)]
pub struct AdminOrderPage {
    /// The order.
    pub view: OrderView,
    /// Who is signed in, by address.
    pub admin: String,
}

pub(crate) fn view(page: AdminOrderPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: format!("Order {}", page.view.order_id),
        description: "An order's timeline.",
        listed: false,
        bundle: Bundle::None,
        feed: None,
    };
    (meta, view! { <main></main> }.into_any())
}
