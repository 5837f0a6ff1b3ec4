//! Changes of stock: what came of the one that was just asked for, and the last ones of all.

use crate::components::table::{Column, numbers, table, words};
use crate::components::zone::{local_time, time_in};
use crate::format::signed;
use crate::live::feed;
use domain::view::{AdjustmentDecision, AdjustmentRow, AdjustmentView};
use leptos::prelude::*;

/// What came of an adjustment. While nobody knows, the page listens for it.
#[island]
pub fn AdjustmentState(
    /// The adjustment when the page was rendered.
    asked: AdjustmentView,
) -> impl IntoView {
    let decided = feed().adjustments;
    let change = signed(asked.change);
    let decision = Memo::new(move |_| {
        let heard = decided.with(|rows| {
            let row = rows
                .iter()
                .find(|row| row.adjustment_id == asked.adjustment_id)?;
            Some(row.decision())
        });
        heard.unwrap_or_else(|| asked.decision.clone())
    });
    move || {
        match decision.get() {
        AdjustmentDecision::Done => {
            view! { <p class="mark mark-good" role="status">{change.clone()} ": done"</p> }.into_any()
        }
        AdjustmentDecision::Rejected { reason } => {
            view! { <p class="field-problem" role="alert">{change.clone()} ": not possible. " {reason}</p> }.into_any()
        }
        AdjustmentDecision::Pending => {
            let change = change.clone();
            view! {
                <p class="mark mark-warn" role="status">
                    {change} ": asked for, not decided yet. "
                    <noscript><a href="">"Look again"</a></noscript>
                </p>
            }
            .into_any()
        }
    }
    }
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
    adjustments: Vec<AdjustmentRow>,
) -> impl IntoView {
    let rows = feed().adjustments;
    rows.set(adjustments);
    let local = local_time();
    let empty = rows.clone();
    let lines = move || {
        rows.with(|rows| {
            rows.iter()
                .map(|row| adjustment_row(row, local.get()))
                .collect_view()
        })
    };
    view! {
        {table("Changes of stock", "Last changes of stock, newest first", COLUMNS, lines)}
        <p class="fine">{move || empty.with(|rows| rows.is_empty()).then_some("No stock was changed yet.")}</p>
    }
}

fn adjustment_row(row: &AdjustmentRow, local: bool) -> impl IntoView + use<> {
    let why = match &row.refused {
        None => view! { {row.reason.clone()} }.into_any(),
        Some(why) => view! { <span class="alarm">"Not possible: " {why.clone()}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="nowrap">{time_in(row.at, local)}</td>
            <td>{row.ticket_type.to_string()}</td>
            <td class="number">{signed(row.change)}</td>
            <td>{why}</td>
            <td>{row.actor.clone()}</td>
        </tr>
    }
}
