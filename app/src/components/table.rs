//! A table that scrolls by itself where the screen is narrow, also with the keyboard.

use leptos::prelude::*;

/// A column's head.
pub(crate) struct Column {
    name: &'static str,
    class: Option<&'static str>,
}

/// A column of words.
pub(crate) const fn words(name: &'static str) -> Column {
    Column { name, class: None }
}

/// A column of numbers, which end below each other.
pub(crate) const fn numbers(name: &'static str) -> Column {
    Column {
        name,
        class: Some("number"),
    }
}

/// The table of these `rows`. Readers who do not see it find it by `label`, and hear `caption` in it.
pub(crate) fn table(
    label: &'static str,
    caption: &'static str,
    columns: &[Column],
    rows: impl IntoView + 'static,
) -> AnyView {
    let heads: Vec<_> = columns
        .iter()
        .map(|column| view! { <th scope="col" class=column.class>{column.name}</th> })
        .collect();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=label>
            <table>
                <caption class="sr-only">{caption}</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
