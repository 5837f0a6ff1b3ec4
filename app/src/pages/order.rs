//! `/orders/{id}`: one order, live to its end.

use crate::components::frame::public_frame;
use crate::document::{Feed, PageMeta};
use crate::islands::LiveOrder;
use crate::seed::Seed;
use crate::site::Bundle;
use domain::Timestamp;
use domain::view::OrderView;
use leptos::prelude::*;

/// What an order's page shows. Its links and its socket carry no key: the server has swapped it for a cookie.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// The order.
    pub view: OrderView,
    /// The server's time, from which the hold is counted down.
    pub now: Timestamp,
    /// Where on the log `view` stands; empty when there is no such place.
    pub cursor: String,
}

pub(crate) fn view(page: OrderPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: "Your order".to_owned(),
        description: "Your order and your tickets.",
        preview: None,
        bundle: Bundle::Order,
        kept: true,
        feed: Some(Feed {
            url: format!("/ws/orders/{}", page.view.order_id),
            since: page.cursor,
        }),
    };
    let again = (!page.view.status.is_final()).then(|| {
        view! {
            <noscript>
                <p class="notice"><a href="">"Look again"</a>" to see how it goes on: without scripts this page stands still."</p>
            </noscript>
        }
    });
    let content = view! {
        {again}
        <LiveOrder order=Seed(page.view) now=page.now />
    };
    (meta, public_frame(content.into_any(), false))
}
