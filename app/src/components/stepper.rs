//! An order's way as four steps.

use crate::live::Shown;
use domain::OrderStatus;
use domain::view::OrderView;
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

impl Step {
    /// For how it looks, and in words.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Step::Done => ("done", "done"),
            Step::Now => ("now", "under way"),
            Step::Failed => ("failed", "failed"),
            Step::Ahead => ("ahead", "to come"),
        }
    }
}

/// The steps, as a list that says in words what its colours say.
pub(crate) fn stepper(order: Shown<OrderView>) -> impl IntoView {
    let says = move |index: usize, text: fn(Step) -> &'static str| {
        Signal::derive(move || order.with(|order| text(steps(order.status)[index]).to_owned()))
    };
    let step = |(index, name): (usize, &'static str)| {
        view! {
            <li class="step" data-step=says(index, |step| step.words().0)
                aria-current=says(index, |step| if step == Step::Now { "step" } else { "false" })>
                {name} " " <span class="sr-only">{says(index, |step| step.words().1)}</span>
            </li>
        }
    };
    let steps: Vec<_> = NAMES.into_iter().enumerate().map(step).collect();
    view! { <ol class="steps" aria-label="Where your order is">{steps}</ol> }
}
