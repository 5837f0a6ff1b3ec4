//! `/admin/orders/{id}`: one order's timeline.

use crate::components::frame::admin_frame;
use crate::components::item::item_row;
use crate::components::status::status_mark;
use crate::components::table::{Cell, Column, Row, numbers, table, words};
use crate::components::timeline::{carrier_name, timeline};
use crate::components::zone::time_in;
use crate::document::PageMeta;
use crate::format::count;
use crate::site::Bundle;
use domain::OrderStatus;
use domain::view::{AdminOrderView, Carrier, MailView};
use leptos::prelude::*;

/// What an admin sees of an order.
#[derive(Clone, Debug)]
pub struct AdminOrderPage {
    /// The order.
    pub view: AdminOrderView,
    /// What its messages travelled on.
    pub brokers: Brokers,
    /// Who is signed in, by address.
    pub admin: String,
}

/// What carries messages, by the names of the products.
#[derive(Clone, Copy, Debug)]
pub struct Brokers {
    /// Commands.
    pub queue: &'static str,
    /// Events.
    pub log: &'static str,
}

impl Brokers {
    fn carrier(self, carrier: Carrier) -> String {
        let broker = match carrier {
            Carrier::Queue => self.queue,
            Carrier::Log => self.log,
        };
        format!("{} · {broker}", carrier_name(carrier))
    }
}

pub(crate) fn view(page: AdminOrderPage) -> (PageMeta, AnyView) {
    let AdminOrderView { order, mails } = page.view;
    let meta = PageMeta {
        title: format!("Order {}", order.order_id),
        description: "An order's timeline.",
        preview: None,
        bundle: Bundle::None,
        kept: false,
        feed: None,
    };
    let total = order
        .total
        .zip(order.currency)
        .map(|(total, currency)| total.display(currency));
    let items: Vec<_> = order
        .items
        .iter()
        .map(|item| item_row(item, order.currency))
        .collect();
    let steps = timeline(&order.timeline, false, &|carrier| {
        page.brokers.carrier(carrier)
    });
    let content = view! {
        <div class="order">
        <p><a href="/admin">"← Dashboard"</a></p>
        <section class="panel" aria-labelledby="order">
            <h1 id="order" class="display section-title">"Order"</h1>
            <p class="order-id">{order.order_id.to_string()}</p>
            <p class="row">
                {status_mark(order.status, order.reason)} " "
                <b class="number-main">{total}</b>
            </p>
            <ul class="sum">{items}</ul>
        </section>
        <section class="panel" aria-labelledby="steps">
            <h2 id="steps" class="display section-title">"Step by step"</h2>
            <ol class="event-list event-list-wide">{steps}</ol>
        </section>
        <section class="panel" aria-labelledby="mails">
            <h2 id="mails" class="display section-title">"Mails"</h2>
            {mail_table(&mails, order.status)}
        </section>
        </div>
    };
    (meta, admin_frame(page.admin, false, content.into_any()))
}

const MAIL_COLUMNS: &[Column] = &[
    words("Mail"),
    words("State"),
    words("At"),
    numbers("Tries"),
    words("The mail server said"),
];

fn mail_table(mails: &[MailView], status: OrderStatus) -> impl IntoView + use<> {
    let rows: Vec<_> = mails.iter().map(mail_row).collect();
    let none = match status {
        _ if !mails.is_empty() => "",
        OrderStatus::Confirmed => {
            "The tickets are on their way to the mail server. It is tried until it takes them, or refuses for good."
        }
        _ => "None. The mail with the tickets goes out once the order is confirmed.",
    };
    table(
        "Table of the order’s mails",
        "Mails, oldest first",
        MAIL_COLUMNS,
        Signal::stored(rows),
        none,
    )
}

fn mail_row(mail: &MailView) -> Row {
    let state = match &mail.error {
        None => Cell::marked(("good", "sent".to_owned())),
        Some(_) => Cell::marked(("bad", "given up".to_owned())),
    };
    vec![
        Cell::text(mail.kind.clone()),
        state,
        Cell::line(time_in(mail.at, false)),
        Cell::number(count(mail.attempts.into())),
        Cell::text(mail.error.clone().unwrap_or_default()),
    ]
}
