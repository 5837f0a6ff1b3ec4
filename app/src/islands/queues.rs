//! What waits on the queues, and how far behind the readers of the log are.

use crate::components::chart::{axis_end, line, view_box};
use crate::format::grouped;
use crate::live::feed;
use domain::view::{GroupGauge, QueueGauge, QueuesView};
use leptos::prelude::*;

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
            <div class="table-wrap" tabindex="0" role="region" aria-label="Queues">
                <table>
                    <caption class="sr-only">"Queues of commands"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Queue"</th>
                            <th scope="col" class="number">"Ready"</th>
                            <th scope="col">"Last 3 min"</th>
                            <th scope="col" class="number">"Unacked"</th>
                            <th scope="col" class="number">"In/s"</th>
                            <th scope="col" class="number">"Out/s"</th>
                            <th scope="col" class="number">"Workers"</th>
                            <th scope="col" class="number">"Dead"</th>
                        </tr>
                    </thead>
                    <tbody>{move || gauges.with(|gauges| gauges.queues.iter().map(queue_row).collect_view())}</tbody>
                </table>
            </div>
            <div class="table-wrap" tabindex="0" role="region" aria-label="Consumer groups">
                <table>
                    <caption class="sr-only">"Consumer groups of the log"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Consumer group"</th>
                            <th scope="col">"Topic"</th>
                            <th scope="col" class="number">"Lag"</th>
                        </tr>
                    </thead>
                    <tbody>{move || groups.with(|gauges| gauges.groups.iter().map(group_row).collect_view())}</tbody>
                </table>
            </div>
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

fn count(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

fn rate(per_second: f64) -> String {
    grouped(per_second.round() as i64)
}

/// The broker does not tell.
fn unknown() -> String {
    "–".to_owned()
}
