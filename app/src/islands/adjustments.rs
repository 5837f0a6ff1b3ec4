//! Changes of stock: what came of the one that was just asked for, and the last ones of all.

use crate::components::names::{TicketTypeNames, name_in};
use crate::components::table::{Cell, Column, Row, numbers, table, words};
use crate::components::zone::{local_time, time_in};
use crate::format::signed;
use crate::live;
use crate::seed::Seed;
use domain::AdjustmentId;
use domain::view::{AdjustmentDecision, AdjustmentRow};
use leptos::prelude::*;

/// What came of an adjustment. While nobody knows, the page listens for it.
#[island]
pub fn AdjustmentState(
    /// Which.
    adjustment_id: Seed<AdjustmentId>,
    /// Tickets added; negative: taken away.
    change: Seed<i64>,
    /// In words where it was, and how it looks, when the page was rendered.
    standing: Seed<(String, String)>,
) -> impl IntoView {
    let (Seed(adjustment_id), Seed(change), Seed(standing)) = (adjustment_id, change, standing);
    let heard = live::latest::<Vec<AdjustmentRow>>();
    let says = move |text: fn((String, String)) -> String| {
        let standing = standing.clone();
        Signal::derive(move || {
            let decided = heard.with(|rows| {
                let row = rows.iter().find(|row| row.adjustment_id == adjustment_id)?;
                Some(standing_of(change, &row.decision()))
            });
            text(decided.unwrap_or_else(|| standing.clone()))
        })
    };
    let (state, text) = (says(|standing| standing.0), says(|standing| standing.1));
    view! { <p class="mark" data-state=state role="status">{text}</p> }
}

/// How an adjustment looks, and in words where it is.
pub(crate) fn standing_of(change: i64, decision: &AdjustmentDecision) -> (String, String) {
    let change = signed(change);
    let (state, text) = match decision {
        AdjustmentDecision::Done => ("good", format!("{change}: done")),
        AdjustmentDecision::Rejected { reason } => {
            ("bad", format!("{change}: not possible, {reason}"))
        }
        AdjustmentDecision::Pending => ("warn", format!("{change}: asked for, not decided yet.")),
    };
    (state.to_owned(), text)
}

const COLUMNS: &[Column] = &[
    words("Decided"),
    words("Ticket type"),
    numbers("Change"),
    words("Why"),
    words("Who"),
];

/// Who changed what, and why; newest first.
#[island]
pub fn AdjustmentHistory(
    /// The changes when the page was rendered.
    adjustments: Seed<Vec<AdjustmentRow>>,
    /// What is sold here, with its name.
    ticket_types: Seed<TicketTypeNames>,
) -> impl IntoView {
    let adjustments = live::latest_or(adjustments.0);
    let local = local_time();
    let rows = Signal::derive(move || {
        let (local, names) = (local.get(), &ticket_types.0);
        adjustments.with(|rows| {
            rows.iter()
                .map(|row| adjustment_row(row, names, local))
                .collect()
        })
    });
    table(
        "Changes of stock",
        "Last changes of stock, newest first",
        COLUMNS,
        rows,
        "No stock was changed yet.",
    )
}

fn adjustment_row(row: &AdjustmentRow, names: &TicketTypeNames, local: bool) -> Row {
    vec![
        Cell::line(time_in(row.at, local)),
        Cell::text(name_in(names, &row.ticket_type)),
        Cell::number(signed(row.change)),
        match &row.refused {
            None => Cell::text(row.reason.clone()),
            Some(why) => Cell::text(format!("Not possible: {why}")).of("alarm"),
        },
        Cell::text(row.actor.clone()),
    ]
}
