//! `/admin/orders/{id}`: one order's timeline.

use crate::components::frame::admin_frame;
use crate::components::status::status_mark;
use crate::components::timeline::timeline;
use crate::document::PageMeta;
use crate::format::price;
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
        preview: None,
        bundle: Bundle::None,
        kept: false,
        feed: None,
    };
    let order = page.view;
    let total = order
        .total
        .zip(order.currency)
        .map(|(total, currency)| price(total, currency));
    let items: Vec<_> = order
        .items
        .iter()
        .map(|item| view! { <li>{item.quantity.get()} " × " {item.name.clone()}</li> })
        .collect();
    let content = view! {
        <div class="order">
        <p><a href="/admin">"← Dashboard"</a></p>
        <section class="panel" aria-labelledby="order">
            <h1 id="order" class="display section-title">"Order"</h1>
            <p class="order-id">{order.order_id.to_string()}</p>
            <p class="row">
                {status_mark(order.status, order.reason)} " "
                {order.mail_sent.then(|| view! { <span class="mark" data-state="good">"mail sent"</span> })} " "
                <b class="number-main">{total}</b>
            </p>
            <ul class="row">{items}</ul>
        </section>
        <section class="panel" aria-labelledby="steps">
            <h2 id="steps" class="display section-title">"Step by step"</h2>
            <ol class="event-list">{timeline(&order.timeline, false)}</ol>
        </section>
        </div>
    };
    (meta, admin_frame(page.admin, false, content.into_any()))
}
