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
pub(crate) fn stepper(status: Memo<OrderStatus>) -> impl IntoView {
    let step = move |index: usize| {
        let state = Memo::new(move |_| steps(status.get())[index]);
        let class = move || match state.get() {
            Step::Done => "step step-done",
            Step::Now => "step step-now",
            Step::Failed => "step step-failed",
            Step::Ahead => "step",
        };
        let spoken = move || match state.get() {
            Step::Done => "done",
            Step::Now => "under way",
            Step::Failed => "failed",
            Step::Ahead => "to come",
        };
        let current = move || (state.get() == Step::Now).then_some("step");
        view! {
            <li class=class aria-current=current>
                {NAMES[index]} <span class="sr-only">{spoken}</span>
            </li>
        }
    };
    view! { <ol class="steps" aria-label="Where your order is">{step(0)} {step(1)} {step(2)} {step(3)}</ol> }
}
