//! The sale over time.

use crate::components::chart::{HEIGHT, area, axis_end, line, view_box};
use crate::components::zone::{local_time, time_in};
use crate::format::{ago, per_second};
use crate::live::feed;
use domain::Timestamp;
use domain::view::{HistorySpan, HistoryView};
use leptos::ev::{Event, PointerEvent};
use leptos::prelude::*;
use std::time::Duration;

/// Tickets sold and orders placed, by the second, over a span that the reader chooses, with a crosshair that follows the
/// pointer and the arrow keys.
#[island]
pub fn SalesHistory(
    /// Each span when the page was rendered.
    history: Vec<HistoryView>,
) -> impl IntoView {
    let spans = feed().history;
    spans.set(history);
    let span = RwSignal::new(HistorySpan::Quarter);
    let shown = Memo::new(move |_| {
        spans.with(|spans| spans.iter().find(|view| view.span == span.get()).cloned())
    });
    let crosshair = RwSignal::new(None::<usize>);
    let local = local_time();
    let choices: Vec<_> = HistorySpan::ALL
        .into_iter()
        .map(|choice| {
            let choose = move |_: Event| {
                crosshair.set(None);
                span.set(choice);
            };
            view! {
                <label class="span-choice">
                    <input type="radio" name="span" checked=choice == HistorySpan::Quarter on:change=choose />
                    <span>{label(choice)}</span>
                </label>
            }
        })
        .collect();
    let picture = move || shown.with(|view| view.as_ref().map(|view| chart(view, crosshair)));
    let reading = move || {
        let local = local.get();
        let at = crosshair.get();
        shown.with(|view| view.as_ref().map(|view| reading(view, at, local)))
    };
    view! {
        <fieldset class="spans with-script">
            <legend class="sr-only">"How far back"</legend>
            {choices}
        </fieldset>
        {reading}
        {picture}
        <div class="chart-times">
            {move || shown.with(|view| view.as_ref().map(|view| edges(view, local.get())))}
        </div>
    }
}

fn label(span: HistorySpan) -> &'static str {
    match span {
        HistorySpan::Minute => "1 min",
        HistorySpan::Quarter => "15 min",
        HistorySpan::Hours => "3 h",
        HistorySpan::Whole => "Whole sale",
    }
}

/// The two lines, and the crosshair. What moves it is a slider that lies over them.
fn chart(view: &HistoryView, crosshair: RwSignal<Option<usize>>) -> impl IntoView + use<> {
    let step = f64::from(view.step);
    let rates = |counts: &[u32]| -> Vec<f64> {
        counts
            .iter()
            .map(|count| f64::from(*count) / step)
            .collect()
    };
    let (sold, placed) = (rates(&view.sold), rates(&view.placed));
    let most = sold.iter().chain(&placed).copied().fold(0.0, f64::max);
    let end = axis_end(most);
    let last = sold.len().saturating_sub(1);
    let x = move || crosshair.get().unwrap_or(last).min(last).to_string();
    let follow = move |event: PointerEvent| {
        let width = event_target::<leptos::web_sys::Element>(&event).client_width();
        let share = f64::from(event.offset_x()) / f64::from(width.max(1));
        crosshair.set(Some((share.clamp(0.0, 1.0) * last as f64).round() as usize));
    };
    let slide = move |event: Event| crosshair.set(event_target_value(&event).parse().ok());
    let leave = move |_: PointerEvent| crosshair.set(None);
    view! {
        <div class="chart">
            <span class="chart-end" aria-hidden="true">{per_second(end)}</span>
            <svg class="chart-plot" viewBox=view_box(sold.len()) preserveAspectRatio="none" aria-hidden="true">
                <path class="chart-sold" d=area(sold.iter().copied(), end) />
                <path class="chart-placed" d=line(placed.iter().copied(), end) />
                <line class="chart-cross" x1=x x2=x y1="0" y2=HEIGHT />
            </svg>
            <input class="chart-slider with-script" type="range" min="0" max=last
                aria-label="Moment of the sale" prop:value=x
                on:input=slide on:pointermove=follow on:pointerleave=leave />
        </div>
    }
}

/// What it says at the crosshair, or at last.
fn reading(view: &HistoryView, at: Option<usize>, local: bool) -> impl IntoView + use<> {
    let last = view.sold.len().saturating_sub(1);
    let at = at.unwrap_or(last).min(last);
    let rate = |counts: &[u32]| {
        let count = counts.get(at).copied().unwrap_or(0);
        per_second(f64::from(count) / f64::from(view.step))
    };
    let seconds = u64::from(view.step) * at as u64;
    let when = moment(view, view.from.plus(Duration::from_secs(seconds)), local);
    view! {
        <dl class="chart-reading">
            <div><dt class="key-sold">"Tickets sold"</dt><dd>{rate(&view.sold)}</dd></div>
            <div><dt class="key-placed">"Orders placed"</dt><dd>{rate(&view.placed)}</dd></div>
            <div><dt>"At"</dt><dd>{when}</dd></div>
        </dl>
    }
}

fn edges(view: &HistoryView, local: bool) -> impl IntoView + use<> {
    let until = view.from.plus(length(view));
    view! {
        <span>{moment(view, view.from, local)}</span>
        <span>{moment(view, until, local)}</span>
    }
}

fn length(view: &HistoryView) -> Duration {
    Duration::from_secs(u64::from(view.step) * view.sold.len() as u64)
}

/// A time of day says enough within a day.
fn moment(view: &HistoryView, moment: Timestamp, local: bool) -> String {
    let length = length(view);
    if length.as_secs() <= 86_400 {
        time_in(moment, local)
    } else {
        ago(view.from.plus(length).since(moment))
    }
}
