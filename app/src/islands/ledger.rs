//! Whether it all adds up.

use crate::components::table::{Cell, Column, Row, numbers, table, words};
use crate::format::grouped;
use crate::live;
use crate::seed::Seed;
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
    ledger: Seed<Ledger>,
) -> impl IntoView {
    let ledger = live::latest_or(ledger.0);
    let differences = Signal::derive(move || ledger.with(|ledger| rows(ledger, true)));
    let all = Signal::derive(move || ledger.with(|ledger| rows(ledger, false)));
    let balanced = Signal::derive(move || ledger.with(|ledger| ledger.balanced));
    let state = Signal::derive(move || if balanced.get() { "good" } else { "warn" }.to_owned());
    let verdict = Signal::derive(move || match differences.with(Vec::len) {
        0 => "It all adds up".to_owned(),
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    });
    view! {
        <p class="mark" data-state=state>{verdict}</p>
        <div hidden=balanced>{table("What differs", "What differs", COLUMNS, differences, "")}</div>
        <p class="fine">"While orders are under way some numbers differ for a moment. What stays is a fault, and this is its name."</p>
        <details class="more">
            <summary>"All checks"</summary>
            {table("All checks", "All checks", COLUMNS, all, "")}
        </details>
    }
}

fn rows(ledger: &Ledger, differing: bool) -> Vec<Row> {
    ledger
        .checks
        .iter()
        .filter(|check| !differing || check.difference() != 0)
        .map(row)
        .collect()
}

fn row(check: &LedgerCheck) -> Row {
    let difference = check.difference();
    vec![
        Cell::line(check.name.clone()),
        Cell::text(check.says.clone()),
        Cell::number(grouped(check.left)),
        Cell::number(grouped(check.right)),
        Cell::fault(grouped(difference), difference != 0),
    ]
}
