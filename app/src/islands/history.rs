//! The sale over time.

use crate::components::chart::{HEIGHT, area, axis_end, line, view_box};
use crate::components::zone::{local_time, time_in};
use crate::format::{ago, per_second};
use crate::live::{self, Shown};
use crate::seed::Seed;
use domain::Timestamp;
use domain::view::{HistorySpan, HistoryView};
use leptos::ev::{Event, PointerEvent};
use leptos::prelude::*;
use std::time::Duration;

/// What the reader looks at.
#[derive(Clone, Copy)]
struct Focus {
    span: HistorySpan,
    /// A moment, not a place: the chart moves on below it. `None`: the newest.
    crosshair: Option<Timestamp>,
}

/// Tickets sold and orders placed, by the second, over a span that the reader chooses, with a crosshair that follows the
/// pointer and the arrow keys.
#[island]
pub fn SalesHistory(
    /// Each span when the page was rendered.
    history: Seed<Vec<HistoryView>>,
) -> impl IntoView {
    let spans = live::latest_or(history.0);
    let focus = RwSignal::new(Focus {
        span: HistorySpan::Quarter,
        crosshair: None,
    });
    let local = local_time();
    let choices: Vec<_> = HistorySpan::ALL
        .into_iter()
        .map(|choice| {
            let choose = move |_: Event| {
                focus.set(Focus {
                    span: choice,
                    crosshair: None,
                });
            };
            view! {
                <label class="span-choice">
                    <input type="radio" name="span" autocomplete="off" checked=choice == HistorySpan::Quarter on:change=choose />
                    <span>{label(choice)}</span>
                </label>
            }
        })
        .collect();
    // Functions and not closures: each closure is a type of its own, and as much code again.
    let says = move |text: fn(&HistoryView, usize, bool) -> String| {
        Signal::derive(move || {
            let (focus, local) = (focus.get(), local.get());
            look(spans, focus.span, |view| {
                text(view, step_at(view, focus.crosshair), local)
            })
        })
    };
    let x = says(|_, at, _| at.to_string());
    let move_to = move |step: usize| {
        let Focus { span, .. } = focus.get_untracked();
        let crosshair = look(spans, span, |view| {
            (step < last(view)).then(|| start_of(view, step))
        });
        focus.set(Focus { span, crosshair });
    };
    let follow = move |event: PointerEvent| {
        let width = event_target::<leptos::web_sys::Element>(&event).client_width();
        let share = f64::from(event.offset_x()) / f64::from(width.max(1));
        let last = look(spans, focus.get_untracked().span, last);
        move_to((share.clamp(0.0, 1.0) * last as f64).round() as usize);
    };
    let slide = move |event: Event| {
        move_to(event_target_value(&event).parse().unwrap_or(usize::MAX));
    };
    let leave = move |_: PointerEvent| move_to(usize::MAX);
    view! {
        <fieldset class="spans with-script">
            <legend class="sr-only">"How far back"</legend>
            {choices}
        </fieldset>
        <dl class="chart-reading">
            <div><dt class="key-sold">"Tickets sold"</dt><dd>{says(|view, at, _| rate(view, view.sold.get(at)))}</dd></div>
            <div><dt class="key-placed">"Orders placed"</dt><dd>{says(|view, at, _| rate(view, view.placed.get(at)))}</dd></div>
            <div><dt>"At"</dt><dd>{says(moment)}</dd></div>
        </dl>
        // What moves the crosshair is a slider that lies over the chart.
        <div class="chart">
            <span class="chart-end" aria-hidden="true">{says(|view, _, _| per_second(end(view), 1))}</span>
            <svg class="chart-plot" viewBox=says(|view, _, _| view_box(view.sold.len())) preserveAspectRatio="none" aria-hidden="true">
                <path class="chart-sold" d=says(|view, _, _| area(heights(&view.sold), top(view))) />
                <path class="chart-placed" d=says(|view, _, _| line(heights(&view.placed), top(view))) />
                <line class="chart-cross" x1=x x2=x y1="0" y2=HEIGHT.to_string() />
            </svg>
            <input class="chart-slider with-script" type="range" autocomplete="off" min="0" max=says(|view, _, _| last(view).to_string())
                aria-label="Moment of the sale" aria-valuetext=says(spoken) prop:value=x
                on:input=slide on:pointermove=follow on:pointerleave=leave />
        </div>
        <div class="chart-times">
            <span>{says(|view, _, local| moment(view, 0, local))}</span>
            <span>{says(|view, _, local| moment(view, view.sold.len(), local))}</span>
        </div>
    }
}

/// Looks at a span, of which nothing may be known.
fn look<R: Default>(
    spans: Shown<Vec<HistoryView>>,
    span: HistorySpan,
    see: impl FnOnce(&HistoryView) -> R,
) -> R {
    spans.with(|spans| match spans.iter().find(|view| view.span == span) {
        Some(view) => see(view),
        None => see(&HistoryView::empty(span)),
    })
}

/// When a step begins.
fn start_of(view: &HistoryView, step: usize) -> Timestamp {
    view.from
        .plus(Duration::from_secs(u64::from(view.step) * step as u64))
}

/// In which step the crosshair is; what has left the chart is its first.
fn step_at(view: &HistoryView, crosshair: Option<Timestamp>) -> usize {
    crosshair.map_or(last(view), |at| {
        let steps = at.since(view.from).as_secs() / u64::from(view.step.max(1));
        usize::try_from(steps).map_or(0, |step| step.min(last(view)))
    })
}

/// The last step.
fn last(view: &HistoryView) -> usize {
    view.sold.len().saturating_sub(1)
}

fn label(span: HistorySpan) -> &'static str {
    match span {
        HistorySpan::Minute => "1 min",
        HistorySpan::Quarter => "15 min",
        HistorySpan::Hours => "3 h",
        HistorySpan::Whole => "Whole sale",
    }
}

/// The end of the axis: orders or tickets per second.
fn end(view: &HistoryView) -> u64 {
    let most = view.sold.iter().chain(&view.placed).copied().max();
    axis_end(u64::from(most.unwrap_or(0).div_ceil(view.step.max(1))))
}

/// The same as counts in a step.
fn top(view: &HistoryView) -> u64 {
    end(view) * u64::from(view.step.max(1))
}

fn heights(counts: &[u32]) -> impl ExactSizeIterator<Item = u64> {
    counts.iter().map(|count| u64::from(*count))
}

fn rate(view: &HistoryView, count: Option<&u32>) -> String {
    per_second(u64::from(count.copied().unwrap_or(0)), view.step)
}

/// What the crosshair says to those who do not see it.
fn spoken(view: &HistoryView, at: usize, local: bool) -> String {
    let (sold, placed) = (view.sold.get(at), view.placed.get(at));
    let (sold, placed) = (rate(view, sold), rate(view, placed));
    format!("{}: sold {sold}, placed {placed}", moment(view, at, local))
}

/// When a step begins, in words. A time of day says enough within a day.
fn moment(view: &HistoryView, at: usize, local: bool) -> String {
    let (begins, end) = (start_of(view, at), start_of(view, view.sold.len()));
    if end.since(view.from).as_secs() <= 86_400 {
        time_in(begins, local)
    } else {
        ago(end.since(begins))
    }
}
