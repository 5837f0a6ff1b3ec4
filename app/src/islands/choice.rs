//! How many tickets of one type: the live stock, and the field of the order form.

use super::cart::{Line, cart};
use crate::components::availability::{Availability, availability};
use crate::components::problem_of;
use crate::live::feed;
use domain::{Amount, StockLevel, TicketTypeId};
use leptos::html::Input;
use leptos::prelude::*;

/// The stock of a ticket type as it changes, and the quantity field `quantity.<ticket type>`.
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
    /// The quantity, as typed.
    typed: String,
    /// What is wrong with it.
    error: Option<String>,
) -> impl IntoView {
    let stock = feed().stock;
    let level = {
        let ticket_type = ticket_type.clone();
        // Whatever the feed says is newer than the page.
        let rendered = StockLevel {
            remaining,
            sold: capacity - remaining,
            ..StockLevel::default()
        };
        Memo::new(move |_| stock.with(|stock| stock.get(&ticket_type).copied().unwrap_or(rendered)))
    };
    let available = Memo::new(move |_| {
        let level = level.get();
        availability(level.remaining, level.capacity(), max_per_order)
    });
    let most = Signal::derive(move || level.get().remaining.clamp(0, i64::from(max_per_order)));
    let sold_out = Signal::derive(move || available.get() == Availability::SoldOut);

    let input = NodeRef::<Input>::new();
    let chosen = RwSignal::new(typed.trim().parse::<u32>().unwrap_or(0));
    // A browser that comes back to a page fills in what was typed before.
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            chosen.set(input.value().trim().parse().unwrap_or(0));
        }
    });
    let cart = cart();
    let line_of = ticket_type.clone();
    Effect::new(move |_| {
        let quantity = if sold_out.get() { 0 } else { chosen.get() };
        cart.update(|lines| {
            lines.insert(line_of.clone(), Line { quantity, price });
        });
    });
    let step = move |by: i64| {
        let quantity = (i64::from(chosen.get_untracked()) + by).clamp(0, most.get_untracked());
        chosen.set(u32::try_from(quantity).unwrap_or(0));
        if let Some(input) = input.get_untracked() {
            input.set_value(&quantity.to_string());
        }
    };
    // Signals and not closures: each closure in a view is a type of its own, and as much code again.
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
                <input node_ref=input id=field.clone() name=field.clone() type="number" inputmode="numeric"
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
}
