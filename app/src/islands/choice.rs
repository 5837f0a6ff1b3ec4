//! How many tickets of one type: when they are on sale, the live stock, and the field of the order form.

use super::cart::{Line, cart};
use crate::components::clock::server_clock;
use crate::components::problem_of;
use crate::components::sale::{SaleWindow, Standing};
use crate::live;
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
    // Whatever is heard is newer than the page.
    let rendered = StockLevel {
        remaining,
        sold: capacity - remaining,
        ..StockLevel::default()
    };
    let stock = live::stock();
    let wanted = ticket_type.clone();
    let clock = if window.is_bounded() {
        server_clock(now)
    } else {
        RwSignal::new(now)
    };
    let starts_there = window.starts_there.clone();
    let standing = Memo::new(move |_| {
        let level = stock.with(|stock| stock.get(&wanted).copied().unwrap_or(rendered));
        window.standing(clock.get(), level, max_per_order)
    });
    let most = move || standing.get().buyable().min(i64::from(max_per_order));
    let chosen = RwSignal::new(typed.trim().parse().unwrap_or(0));
    // What cannot be bought does not count.
    let line = Signal::derive(move || Line {
        quantity: u32::try_from(most()).map_or(0, |most| chosen.get().min(most)),
        price,
    });
    cart().update(|lines| lines.push(line));

    // Signals and not closures: each closure in a view is a type of its own, and as much code again. For the same reason
    // nothing here comes and goes: what does not apply is hidden.
    let text = Signal::derive(move || match most() {
        most @ 1.. if i64::from(chosen.get()) > most => format!("Only {most} can be ordered"),
        _ => standing.get().text(&starts_there),
    });
    let level = Signal::derive(move || standing.get().level().to_owned());
    let until_open = Signal::derive(move || standing.get().until_open());
    let spoken = {
        let name = name.clone();
        Signal::derive(move || standing.get().spoken(&name))
    };
    let no_countdown = Signal::derive(move || !matches!(standing.get(), Standing::NotYet(_)));
    let not_open =
        Signal::derive(move || matches!(standing.get(), Standing::NotYet(_) | Standing::Over));
    let not_buyable = Signal::derive(move || most() == 0);
    // Not `disabled`, which would take the focus away from whoever has just pressed it.
    let at_least = Signal::derive(move || (chosen.get() == 0).to_string());
    let at_most = Signal::derive(move || (i64::from(chosen.get()) >= most()).to_string());
    let max = Signal::derive(move || most().to_string());

    let input = NodeRef::<Input>::new();
    // What was typed before the script was there, or is filled in by a browser that comes back to the page.
    #[cfg(target_arch = "wasm32")]
    queue_microtask(move || {
        if let Some(input) = input.get_untracked() {
            chosen.set(input.value().trim().parse().unwrap_or(0));
        }
    });
    let step = move |by: i64| {
        let quantity = (i64::from(chosen.get_untracked()) + by).clamp(0, untrack(most));
        chosen.set(u32::try_from(quantity).unwrap_or(0));
        if let Some(input) = input.get_untracked() {
            input.set_value(&quantity.to_string());
        }
    };
    let field = format!("quantity.{ticket_type}");
    let error_id = format!("{field}.error");
    let described = error.is_some().then(|| error_id.clone());
    view! {
        <div class="choice">
            <p class="stock" data-level=level>{text}</p>
            <p class="sale-countdown with-script" role="timer" hidden=no_countdown>{until_open}</p>
            <span class="sr-only" aria-live="polite">{spoken}</span>
            <div class="quantity" hidden=not_open>
                <button type="button" class="quantity-step with-script" aria-label=format!("One less: {name}")
                    aria-disabled=at_least on:click=move |_| step(-1)>
                    "−"
                </button>
                <label class="sr-only" for=field.clone()>{format!("How many: {name}")}</label>
                <input node_ref=input id=field.clone() name=field type="number" inputmode="numeric"
                    min="0" max=max step="1" value=typed
                    aria-invalid=error.is_some().then_some("true") aria-describedby=described
                    disabled=not_buyable
                    on:input=move |event| chosen.set(event_target_value(&event).trim().parse().unwrap_or(0)) />
                <button type="button" class="quantity-step with-script" aria-label=format!("One more: {name}")
                    aria-disabled=at_most on:click=move |_| step(1)>
                    "+"
                </button>
            </div>
            {problem_of(&error_id, error)}
        </div>
    }
}
