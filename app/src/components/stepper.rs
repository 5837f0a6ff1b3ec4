//! An order's way as four steps.

use domain::OrderStatus;
use leptos::prelude::*;

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Done,
    Now,
    Failed,
    Ahead,
}

const NAMES: [&str; 4] = ["Received", "Held", "Paid", "Yours"];

fn steps(status: OrderStatus) -> [Step; 4] {
    use Step::{Ahead, Done, Failed, Now};
    match status {
        OrderStatus::Received => [Done, Now, Ahead, Ahead],
        OrderStatus::Reserved => [Done, Done, Now, Ahead],
        OrderStatus::Paid => [Done, Done, Done, Now],
        OrderStatus::Confirmed => [Done; 4],
        OrderStatus::Rejected => [Done, Failed, Ahead, Ahead],
        OrderStatus::Cancelled => [Done, Done, Failed, Ahead],
        OrderStatus::Refunded => [Done, Done, Done, Failed],
    }
}

/// The steps, as a list that says in words what its colours say.
pub(crate) fn stepper(status: OrderStatus) -> impl IntoView {
    let step = |(name, state): (&'static str, Step)| {
        let (class, spoken) = match state {
            Step::Done => ("step step-done", "done"),
            Step::Now => ("step step-now", "under way"),
            Step::Failed => ("step step-failed", "failed"),
            Step::Ahead => ("step", "to come"),
        };
        view! {
            <li class=class aria-current=(state == Step::Now).then_some("step")>
                {name} " " <span class="sr-only">{spoken}</span>
            </li>
        }
    };
    let steps: Vec<_> = NAMES.into_iter().zip(steps(status)).map(step).collect();
    view! { <ol class="steps" aria-label="Where your order is">{steps}</ol> }
}
