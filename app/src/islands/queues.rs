//! What waits on the queues, and how far behind the readers of the log are.

use crate::components::chart::Spark;
use crate::components::table::{Cell, Column, Row, numbers, table, words};
use crate::format::{count, grouped};
use crate::live;
use crate::seed::Seed;
use domain::view::{GroupGauge, QueueGauge, QueuesView};
use leptos::prelude::*;

const QUEUE_COLUMNS: &[Column] = &[
    words("Queue"),
    numbers("Ready"),
    words("Last 3 min"),
    numbers("Unacked"),
    numbers("In/s"),
    numbers("Out/s"),
    numbers("Workers"),
    numbers("Dead"),
];
const GROUP_COLUMNS: &[Column] = &[words("Consumer group"), words("Topic"), numbers("Lag")];

/// Queues and consumer groups, as tables.
#[island]
pub fn QueueBoard(
    /// The gauges when the page was rendered.
    queues: Seed<QueuesView>,
) -> impl IntoView {
    let gauges = live::latest_or(queues.0);
    let trouble =
        Signal::derive(move || gauges.with(|gauges| gauges.trouble.clone().unwrap_or_default()));
    let no_trouble = Signal::derive(move || gauges.with(|gauges| gauges.trouble.is_none()));
    let queues =
        Signal::derive(move || gauges.with(|gauges| gauges.queues.iter().map(queue_row).collect()));
    let groups =
        Signal::derive(move || gauges.with(|gauges| gauges.groups.iter().map(group_row).collect()));
    view! {
        <p class="field-problem" hidden=no_trouble>{trouble}</p>
        <div class="queue-tables">
            <div>{table("Queues", "Queues of commands", QUEUE_COLUMNS, queues, "")}</div>
            <div>{table("Consumer groups", "Consumer groups of the log", GROUP_COLUMNS, groups, "")}</div>
        </div>
    }
}

fn queue_row(queue: &QueueGauge) -> Row {
    vec![
        Cell::text(queue.name.clone()),
        Cell::main_number(count(queue.ready)),
        Cell::spark(Spark::new(&queue.lately)),
        Cell::number(queue.unacked.map_or_else(unknown, count)),
        Cell::number(queue.in_per_second.map_or_else(unknown, rate)),
        Cell::number(queue.out_per_second.map_or_else(unknown, rate)),
        Cell::number(queue.consumers.map_or_else(unknown, count)),
        Cell::fault(count(queue.dead), queue.dead > 0),
    ]
}

fn group_row(group: &GroupGauge) -> Row {
    vec![
        Cell::text(group.group.clone()),
        Cell::text(group.topic.clone()),
        Cell::main_number(count(group.lag)),
    ]
}

fn rate(per_second: f64) -> String {
    grouped(per_second.round() as i64)
}

/// The broker does not tell.
fn unknown() -> String {
    "–".to_owned()
}
