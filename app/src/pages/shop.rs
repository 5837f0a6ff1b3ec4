//! `/`: what is sold, and the one form that buys it.

use crate::components::field::{Field, error_of, field};
use crate::components::frame::public_frame;
use crate::components::names::full_name;
use crate::components::payment::payment_method;
use crate::components::poster::poster;
use crate::components::sale::SaleWindow;
use crate::document::{Feed, PageMeta, Preview};
use crate::format::{EventDate, moment_there};
use crate::islands::{OrderTotal, TicketChoice};
use crate::site::Bundle;
use domain::view::{ShopEvent, ShopTicketType};
use domain::{Currency, FieldError, Timestamp};
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
    /// Where people reach the shop, such as `https://tickets.example.org`; empty when that is not known.
    pub origin: String,
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
        description: "Festival tickets, with the stock as it is this moment.",
        preview: Some(preview(&page)),
        bundle: Bundle::Shop,
        kept: false,
        feed: Some(Feed {
            url: "/ws/shop".to_owned(),
            since: page.cursor.clone(),
        }),
    };
    let live = !page.events.is_empty();
    let content = if page.events.is_empty() {
        view! {
            <section class="panel">
                <h1 class="display section-title">"Nothing is on sale yet"</h1>
                <p>"Events show here as soon as they are set up. Come back a little later."</p>
            </section>
        }
        .into_any()
    } else {
        order_form(page)
    };
    (meta, public_frame(content, live))
}

/// The events by name and place.
fn preview(page: &ShopPage) -> Preview {
    let names: Vec<_> = page
        .events
        .iter()
        .map(|event| event.name.as_str())
        .collect();
    let places: Vec<_> = page
        .events
        .iter()
        .map(|event| format!("{}, {}", event.venue, EventDate::sentence(&event.date)))
        .collect();
    Preview {
        title: match names.as_slice() {
            [] => "Festival tickets".to_owned(),
            names => format!("Tickets: {}", names.join(", ")),
        },
        text: places.join(" · "),
        origin: page.origin.clone(),
    }
}

fn order_form(page: ShopPage) -> AnyView {
    let ShopPage {
        events,
        now,
        form,
        notice,
        ..
    } = page;
    let currency = events
        .iter()
        .flat_map(|event| &event.ticket_types)
        .map(|ticket| ticket.currency)
        .next()
        .unwrap_or(Currency::EUR);
    let names = || {
        let types = events.iter().flat_map(|event| &event.ticket_types);
        types.map(|ticket| &*ticket.name)
    };
    let posters: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(index, event)| {
            let tickets: Vec<_> = event
                .ticket_types
                .iter()
                .map(|ticket| {
                    let name = full_name(&ticket.name, &event.name, names());
                    ticket_row(ticket, name, &event.date, now, &form)
                })
                .collect();
            view! {
                <article class="event">
                    {poster(event, index)}
                    <ul class="stubs">{tickets}</ul>
                </article>
            }
        })
        .collect();
    view! {
        <h1 class="sr-only">"Festival tickets"</h1>
        {notice.map(notice_view)}
        {error_summary(&events, &form)}
        <form class="shop" method="post" action="/orders">
            <div class="events">{posters}</div>
            <section class="checkout" aria-labelledby="checkout">
                <div class="checkout-fields">
                    <h2 id="checkout" class="display section-title">"Your order"</h2>
                    <input type="hidden" name="idempotency_key" value=form.idempotency_key.clone() />
                    {field(NAME, form.name.clone(), &form.errors)}
                    {field(EMAIL, form.email.clone(), &form.errors)}
                    {payment_method(&form.payment_token, &form.errors)}
                </div>
                <div class="checkout-bar">
                    <OrderTotal currency=currency />
                    <button class="button button-big" type="submit">"Buy tickets"</button>
                </div>
            </section>
        </form>
    }
    .into_any()
}

/// A ticket type as a stub: what it is on the left, how many of it on the part that tears off.
fn ticket_row(
    ticket: &ShopTicketType,
    full_name: String,
    event_date: &str,
    now: Timestamp,
    form: &OrderForm,
) -> AnyView {
    let field = format!("quantity.{}", ticket.ticket_type);
    let window = SaleWindow {
        starts: ticket.sale_starts,
        ends: ticket.sale_ends,
        starts_there: ticket
            .sale_starts
            .map(|starts| moment_there(starts, event_date))
            .unwrap_or_default(),
    };
    let choice = view! {
        <TicketChoice
            ticket_type=ticket.ticket_type.clone()
            name=full_name
            price=ticket.price
            max_per_order=ticket.max_per_order
            remaining=ticket.remaining
            capacity=ticket.capacity
            window=window
            now=now
            typed=form.quantities.get(ticket.ticket_type.as_str()).cloned().unwrap_or_else(|| "0".to_owned())
            error=error_of(&form.errors, &field, "The number")
        />
    };
    view! {
        <li class="stub">
            <div class="stub-body">
                <h3 class="stub-name">{ticket.name.clone()}</h3>
                <p>{ticket.description.clone()}</p>
                <p class="stub-fine">{format!("At most {} per order", ticket.max_per_order)}</p>
                {on_sale_until(ticket, event_date)}
            </div>
            <div class="stub-tear">
                <p class="stub-price">{ticket.price.display(ticket.currency)}</p>
                {choice}
            </div>
        </li>
    }
    .into_any()
}

/// Until when it is sold, where that is limited.
fn on_sale_until(ticket: &ShopTicketType, event_date: &str) -> Option<AnyView> {
    let until = moment_there(ticket.sale_ends?, event_date);
    Some(view! { <p class="stub-fine">"On sale until " {until}</p> }.into_any())
}

fn notice_view(notice: Notice) -> AnyView {
    view! {
        <div class="notice" role="alert">
            <p class="notice-title">{notice.title}</p>
            <p>{notice.detail}</p>
        </div>
    }
    .into_any()
}

/// All that is wrong, at the top, each leading to its field.
fn error_summary(events: &[ShopEvent], form: &OrderForm) -> Option<AnyView> {
    if form.errors.is_empty() {
        return None;
    }
    let line = |error: &FieldError| {
        let (target, label) = label_of(events, &error.field);
        view! { <li><a href=format!("#{target}")>{format!("{label} {}.", error.message)}</a></li> }
    };
    let lines: Vec<_> = form.errors.iter().map(line).collect();
    Some(
        view! {
            <div class="notice" role="alert" tabindex="-1" autofocus>
                <p class="notice-title">"Not sent yet. Please look at this:"</p>
                <ul>{lines}</ul>
            </div>
        }
        .into_any(),
    )
}

/// The element that an error is about, and what people call it.
fn label_of(events: &[ShopEvent], field: &str) -> (String, String) {
    let quantity = field.strip_prefix("quantity.").and_then(|id| {
        events
            .iter()
            .flat_map(|event| &event.ticket_types)
            .find(|ticket| ticket.ticket_type.as_str() == id)
    });
    match (quantity, field) {
        (Some(ticket), _) => (field.to_owned(), format!("{}: the number", ticket.name)),
        (None, "name") => ("name".to_owned(), NAME.label.to_owned()),
        (None, "email") => ("email".to_owned(), EMAIL.label.to_owned()),
        (None, "payment_token") => (field.to_owned(), "Payment method".to_owned()),
        (None, "items") => ("main".to_owned(), "Tickets".to_owned()),
        (None, _) => ("main".to_owned(), field.to_owned()),
    }
}

const NAME: Field = Field {
    name: "name",
    label: "Your name",
    kind: "text",
    autocomplete: "name",
};
const EMAIL: Field = Field {
    name: "email",
    label: "E-mail",
    kind: "email",
    autocomplete: "email",
};
