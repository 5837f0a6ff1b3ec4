//! What is wrong with a field, beside it.

use leptos::prelude::*;

/// The message under a field, if there is one. The field names it in `aria-describedby`.
pub(crate) fn problem_of(id: &str, message: Option<String>) -> impl IntoView + use<> {
    let id = id.to_owned();
    message.map(|message| view! { <p class="field-problem" id=id>{message}</p> })
}
