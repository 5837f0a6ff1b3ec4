//! The reader's time zone.

use crate::format::time_and_day;
use domain::Timestamp;
use leptos::prelude::*;

/// Whether times are told by the reader's clock. Before the browser has taken over nobody knows it, so the first
/// rendering is in UTC on both sides, and the second one is the reader's.
pub(crate) fn local_time() -> RwSignal<bool> {
    let local = RwSignal::new(false);
    Effect::new(move |_| local.set(true));
    local
}

/// The time of day by the reader's clock, or in UTC, which is then said; with its date where that is not today's.
pub(crate) fn time_in(moment: Timestamp, local: bool) -> String {
    match minutes_ahead(moment).filter(|_| local) {
        Some(minutes) => time_and_day(moment, now(), minutes),
        None => format!("{} UTC", time_and_day(moment, now(), 0)),
    }
}

#[cfg(target_arch = "wasm32")]
fn now() -> Timestamp {
    Timestamp::from_micros(js_sys::Date::now() as i64 * 1_000)
}

#[cfg(not(target_arch = "wasm32"))]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Minutes that the reader's clock was ahead of UTC at a moment; in summer it may be others than in winter.
#[cfg(target_arch = "wasm32")]
fn minutes_ahead(moment: Timestamp) -> Option<i32> {
    let date = js_sys::Date::new(&(moment.micros() as f64 / 1_000.0).into());
    Some(-date.get_timezone_offset() as i32)
}

#[cfg(not(target_arch = "wasm32"))]
fn minutes_ahead(_: Timestamp) -> Option<i32> {
    None
}
