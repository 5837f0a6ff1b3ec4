//! What waits on the queues, and how far behind the readers of the log are.

use crate::components::chart::{axis_end, line, view_box};
use crate::components::table::{Column, numbers, table, words};
use crate::format::{count, grouped};
use crate::live::feed;
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
    queues: QueuesView,
) -> impl IntoView {
    let gauges = feed().queues;
    gauges.set(queues);
    let trouble = gauges.clone();
    let trouble = move || {
        trouble
            .with(|gauges| gauges.trouble.clone())
            .map(|said| view! { <p class="field-problem">{said}</p> })
    };
    let groups = gauges.clone();
    view! {
        {trouble}
        <div class="queue-tables">
            {table("Queues", "Queues of commands", QUEUE_COLUMNS, move || {
                gauges.with(|gauges| gauges.queues.iter().map(queue_row).collect_view())
            })}
            {table("Consumer groups", "Consumer groups of the log", GROUP_COLUMNS, move || {
                groups.with(|gauges| gauges.groups.iter().map(group_row).collect_view())
            })}
        </div>
    }
}

fn queue_row(queue: &QueueGauge) -> impl IntoView + use<> {
    let dead = if queue.dead > 0 {
        "number alarm"
    } else {
        "number"
    };
    view! {
        <tr>
            <th scope="row">{queue.name.clone()}</th>
            <td class="number number-main">{count(queue.ready)}</td>
            <td>{spark(&queue.lately)}</td>
            <td class="number">{queue.unacked.map_or_else(unknown, count)}</td>
            <td class="number">{queue.in_per_second.map_or_else(unknown, rate)}</td>
            <td class="number">{queue.out_per_second.map_or_else(unknown, rate)}</td>
            <td class="number">{queue.consumers.map_or_else(unknown, count)}</td>
            <td class=dead>{count(queue.dead)}</td>
        </tr>
    }
}

/// How many waited lately, on an axis of its own.
fn spark(lately: &[u64]) -> impl IntoView + use<> {
    let most = lately.iter().copied().max().unwrap_or(0);
    let heights = lately.iter().map(|count| *count as f64);
    view! {
        <svg class="spark" viewBox=view_box(lately.len()) preserveAspectRatio="none" role="img"
            aria-label=format!("At most {}", count(most))>
            <path class="chart-placed" d=line(heights, axis_end(most as f64)) />
        </svg>
    }
}

fn group_row(group: &GroupGauge) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">{group.group.clone()}</th>
            <td>{group.topic.clone()}</td>
            <td class="number number-main">{count(group.lag)}</td>
        </tr>
    }
}

fn rate(per_second: f64) -> String {
    grouped(per_second.round() as i64)
}

/// The broker does not tell.
fn unknown() -> String {
    "–".to_owned()
}
