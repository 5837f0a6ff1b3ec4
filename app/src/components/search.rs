//! The form that finds orders.

use crate::components::problem_of;
use domain::OrderStatus;
use leptos::prelude::*;

/// `GET /admin/orders` with `q` and `status`, as they were typed; `error` says what is wrong with `q`.
pub(crate) fn order_search(q: String, status: &str, error: Option<String>) -> AnyView {
    let choices: Vec<_> = OrderStatus::ALL
        .into_iter()
        .map(|choice| {
            let name = choice.as_str();
            view! { <option value=name selected=name == status>{name}</option> }
        })
        .collect();
    let invalid = error.is_some().then_some("true");
    let described = error.is_some().then_some("q.error");
    view! {
        <form class="search" method="get" action="/admin/orders" role="search">
            <div class="field search-words">
                <label for="q">"Order number, its end, or e-mail"</label>
                <input id="q" name="q" type="search" value=q autocomplete="off" aria-invalid=invalid aria-describedby=described />
                {problem_of("q.error", error)}
            </div>
            <div class="field">
                <label for="status">"Status"</label>
                <select id="status" name="status">
                    <option value="">"any"</option>
                    {choices}
                </select>
            </div>
            <button class="button" type="submit">"Find orders"</button>
        </form>
    }
    .into_any()
}
