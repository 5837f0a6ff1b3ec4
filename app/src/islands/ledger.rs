//! Whether it all adds up.

use crate::components::table::{Column, numbers, table, words};
use crate::format::grouped;
use crate::live::feed;
use domain::view::{Ledger, LedgerCheck};
use leptos::prelude::*;

const COLUMNS: &[Column] = &[
    words("Check"),
    words("What must be equal"),
    numbers("Left"),
    numbers("Right"),
    numbers("Difference"),
];

/// What does not add up, by name; and all checks on demand.
#[island]
pub fn LedgerBoard(
    /// The ledger when the page was rendered.
    ledger: Ledger,
) -> impl IntoView {
    let heard = feed().ledger;
    let ledger = Memo::new(move |_| heard.get().unwrap_or_else(|| ledger.clone()));
    let verdict = move || {
        ledger.with(|ledger| match differences(ledger).count() {
            0 => view! { <p class="mark mark-good">"It all adds up"</p> }.into_any(),
            1 => view! { <p class="mark mark-warn">"1 difference"</p> }.into_any(),
            many => view! { <p class="mark mark-warn">{many} " differences"</p> }.into_any(),
        })
    };
    let open = move || {
        ledger.with(|ledger| {
            (!ledger.balanced).then(|| checks_table("What differs", differences(ledger)))
        })
    };
    let all = move || ledger.with(|ledger| checks_table("All checks", ledger.checks.iter()));
    view! {
        {verdict}
        {open}
        <p class="fine">"While orders are under way some numbers differ for a moment. What stays is a fault, and this is its name."</p>
        <details class="more">
            <summary>"All checks"</summary>
            {all}
        </details>
    }
}

fn differences(ledger: &Ledger) -> impl Iterator<Item = &LedgerCheck> {
    ledger.checks.iter().filter(|check| check.difference() != 0)
}

fn checks_table<'a>(
    caption: &'static str,
    checks: impl Iterator<Item = &'a LedgerCheck>,
) -> AnyView {
    table(caption, caption, COLUMNS, checks.map(row).collect_view())
}

fn row(check: &LedgerCheck) -> impl IntoView + use<> {
    let class = if check.difference() == 0 {
        "number"
    } else {
        "number alarm"
    };
    view! {
        <tr>
            <th scope="row" class="nowrap">{check.name.clone()}</th>
            <td>{check.says.clone()}</td>
            <td class="number">{grouped(check.left)}</td>
            <td class="number">{grouped(check.right)}</td>
            <td class=class>{grouped(check.difference())}</td>
        </tr>
    }
}
