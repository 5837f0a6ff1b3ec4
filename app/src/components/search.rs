//! The form that finds orders.

use crate::components::field::error_of;
use crate::components::problem_of;
use domain::{FieldError, OrderStatus};
use leptos::prelude::*;

/// `GET /admin/orders` with `q` and `status`, as they were typed, and what is wrong with them.
pub(crate) fn order_search(q: String, status: &str, errors: &[FieldError]) -> AnyView {
    let choices: Vec<_> = OrderStatus::ALL
        .into_iter()
        .map(|choice| {
            let name = choice.as_str();
            view! { <option value=name selected=name == status>{name}</option> }
        })
        .collect();
    let (q_error, status_error) = (
        error_of(errors, "q", "It"),
        error_of(errors, "status", "It"),
    );
    let invalid = |error: &Option<String>| error.is_some().then_some("true");
    let (q_invalid, status_invalid) = (invalid(&q_error), invalid(&status_error));
    view! {
        <form class="search" method="get" action="/admin/orders" role="search">
            <div class="field search-words">
                <label for="q">"Order number, its end, or e-mail"</label>
                <input id="q" name="q" type="search" value=q autocomplete="off" aria-invalid=q_invalid
                    aria-describedby=q_invalid.map(|_| "q.error") />
                {problem_of("q.error", q_error)}
            </div>
            <div class="field">
                <label for="status">"Status"</label>
                <select id="status" name="status" aria-invalid=status_invalid
                    aria-describedby=status_invalid.map(|_| "status.error")>
                    <option value="">"any"</option>
                    {choices}
                </select>
                {problem_of("status.error", status_error)}
            </div>
            <button class="button" type="submit">"Find orders"</button>
        </form>
    }
    .into_any()
}
