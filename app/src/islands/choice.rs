//! How many tickets of one type: when they are on sale, the live stock, and the field of the order form.

use super::cart::{Line, cart};
use crate::components::availability::{Availability, availability};
use crate::components::clock::server_clock;
use crate::components::problem_of;
use crate::components::sale::{Sale, SaleWindow};
use crate::format::countdown;
use crate::live::feed;
use domain::{Amount, StockLevel, TicketTypeId, Timestamp};
use leptos::html::Input;
use leptos::prelude::*;

/// The stock of a ticket type as it changes, and the quantity field `quantity.<ticket type>` while it is on sale.
#[island]
pub fn TicketChoice(
    /// Which.
    ticket_type: TicketTypeId,
    /// Its name.
    name: String,
    /// The price of one.
    price: Amount,
    /// The most that one order may have.
    max_per_order: u32,
    /// Tickets that could be ordered when the page was rendered.
    remaining: i64,
    /// All tickets there were then.
    capacity: i64,
    /// When it is on sale.
    window: SaleWindow,
    /// The server's time when the page was rendered.
    now: Timestamp,
    /// The quantity, as typed.
    typed: String,
    /// What is wrong with it.
    error: Option<String>,
) -> impl IntoView {
    // Whatever the feed says is newer than the page.
    let rendered = StockLevel {
        remaining,
        sold: capacity - remaining,
        ..StockLevel::default()
    };
    let stock = feed().stock;
    let wanted = ticket_type.clone();
    let level =
        Memo::new(move |_| stock.with(|stock| stock.get(&wanted).copied().unwrap_or(rendered)));
    let clock = if window.is_bounded() {
        server_clock(now)
    } else {
        RwSignal::new(now)
    };
    let starts_there = window.starts_there.clone();
    let sale = Memo::new(move |_| window.at(clock.get()));
    let available = Memo::new(move |_| {
        let level = level.get();
        availability(level.remaining, level.capacity(), max_per_order)
    });
    let choice = Choice {
        ticket_type,
        name,
        price,
        max_per_order,
        level,
        available,
        chosen: RwSignal::new(typed.trim().parse().unwrap_or(0)),
        typed,
        error,
    };
    choice.count_in_cart(sale);
    move || match sale.get() {
        Sale::NotYet(starts) => {
            let left = Signal::derive(move || countdown(starts.since(clock.get())));
            view! {
                <div>
                    <p class="stock">"On sale from " {starts_there.clone()}</p>
                    <p class="sale-countdown with-script" role="timer">"In " {left}</p>
                </div>
            }
            .into_any()
        }
        Sale::Over => view! { <p class="stock stock-out">"No longer on sale"</p> }.into_any(),
        Sale::Open => choice.clone().field(),
    }
}

/// The choice of one type.
#[derive(Clone)]
struct Choice {
    ticket_type: TicketTypeId,
    name: String,
    price: Amount,
    max_per_order: u32,
    level: Memo<StockLevel>,
    available: Memo<Availability>,
    chosen: RwSignal<u32>,
    typed: String,
    error: Option<String>,
}

impl Choice {
    /// What cannot be bought does not count.
    fn count_in_cart(&self, sale: Memo<Sale>) {
        let (cart, available) = (cart(), self.available);
        let (ticket_type, price, chosen) = (self.ticket_type.clone(), self.price, self.chosen);
        Effect::new(move |_| {
            let buyable = sale.get() == Sale::Open && available.get() != Availability::SoldOut;
            let quantity = if buyable { chosen.get() } else { 0 };
            cart.update(|lines| {
                lines.insert(ticket_type.clone(), Line { quantity, price });
            });
        });
    }

    /// What is left, and how many of it.
    fn field(self) -> AnyView {
        let Choice {
            ticket_type,
            name,
            max_per_order,
            level,
            available,
            chosen,
            typed,
            error,
            ..
        } = self;
        let most = Signal::derive(move || level.get().remaining.clamp(0, i64::from(max_per_order)));
        let input = NodeRef::<Input>::new();
        // A browser that comes back to a page fills in what was typed before.
        Effect::new(move |_| {
            if let Some(input) = input.get() {
                chosen.set(input.value().trim().parse().unwrap_or(0));
            }
        });
        let step = move |by: i64| {
            let quantity = (i64::from(chosen.get_untracked()) + by).clamp(0, most.get_untracked());
            chosen.set(u32::try_from(quantity).unwrap_or(0));
            if let Some(input) = input.get_untracked() {
                input.set_value(&quantity.to_string());
            }
        };
        // Signals and not closures: each closure in a view is a type of its own, and as much code again.
        let sold_out = Signal::derive(move || available.get() == Availability::SoldOut);
        let at_least = Signal::derive(move || chosen.get() == 0);
        let at_most = Signal::derive(move || i64::from(chosen.get()) >= most.get());
        let left = Signal::derive(move || available.get().text(level.get().remaining));
        let field = format!("quantity.{ticket_type}");
        let error_id = format!("{field}.error");
        let described = error.is_some().then(|| error_id.clone());
        let spoken = {
            let name = name.clone();
            Signal::derive(move || match available.get() {
                Availability::Plenty => String::new(),
                Availability::Few => format!("{name}: few left"),
                Availability::SoldOut => format!("{name}: sold out"),
            })
        };
        view! {
            <div class="choice">
                <p class=move || available.get().class()>{left}</p>
                <span class="sr-only" aria-live="polite">{spoken}</span>
                <div class="quantity">
                    <button type="button" class="quantity-step with-script" aria-label=format!("One less: {name}")
                        disabled=at_least on:click=move |_| step(-1)>
                        "−"
                    </button>
                    <label class="sr-only" for=field.clone()>{format!("How many: {name}")}</label>
                    <input node_ref=input id=field.clone() name=field type="number" inputmode="numeric"
                        min="0" max=most step="1" value=typed autocomplete="off"
                        aria-invalid=error.is_some().then_some("true") aria-describedby=described
                        disabled=sold_out
                        on:input=move |event| chosen.set(event_target_value(&event).trim().parse().unwrap_or(0)) />
                    <button type="button" class="quantity-step with-script" aria-label=format!("One more: {name}")
                        disabled=at_most on:click=move |_| step(1)>
                        "+"
                    </button>
                </div>
                {problem_of(&error_id, error)}
            </div>
        }
        .into_any()
    }
}
