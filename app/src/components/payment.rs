//! The payment methods that the gateway's simulator knows.

use crate::components::field::error_of;
use crate::components::problem_of;
use domain::FieldError;
use leptos::prelude::*;

/// Token and label, by what comes of them. Most are Stripe's test tokens.
const METHODS: [(&str, &[(&str, &str)]); 3] = [
    (
        "Goes through",
        &[("tok_visa", "Visa"), ("tok_mastercard", "Mastercard")],
    ),
    (
        "Is declined",
        &[
            ("tok_chargeDeclined", "Card that is declined"),
            (
                "tok_chargeDeclinedInsufficientFunds",
                "Card without enough money",
            ),
            ("tok_chargeDeclinedExpiredCard", "Card that has expired"),
        ],
    ),
    (
        "Makes trouble",
        &[
            ("tok_slow", "Gateway takes its time"),
            ("tok_lostAnswer", "Gateway’s answer gets lost"),
            ("tok_gatewayDown", "Gateway is down"),
        ],
    ),
];

/// The field `payment_token`.
pub(crate) fn payment_method(chosen: &str, errors: &[FieldError]) -> AnyView {
    let error = error_of(errors, "payment_token", "Payment method");
    let described = match error {
        Some(_) => "payment_token.error payment_token.hint",
        None => "payment_token.hint",
    };
    let groups: Vec<_> = METHODS
        .iter()
        .map(|(outcome, methods)| {
            let options: Vec<_> = methods
                .iter()
                .map(|(token, label)| view! { <option value=*token selected=*token == chosen>{*label}</option> })
                .collect();
            view! { <optgroup label=*outcome>{options}</optgroup> }
        })
        .collect();
    view! {
        <div class="field">
            <label for="payment_token">"Test payment method"</label>
            <select id="payment_token" name="payment_token" required
                aria-invalid=error.is_some().then_some("true") aria-describedby=described>
                {groups}
            </select>
            <p class="fine" id="payment_token.hint">"No real money moves: the gateway is a simulation."</p>
            {problem_of("payment_token.error", error)}
        </div>
    }
    .into_any()
}
