//! The reader's time zone.

use crate::format::time_of_day;
use domain::Timestamp;
use leptos::prelude::*;

/// Minutes that the reader's clock is ahead of UTC; nothing is known of it before the browser has taken over.
pub(crate) fn local_zone() -> RwSignal<Option<i32>> {
    let zone = RwSignal::new(None);
    Effect::new(move |_| zone.set(minutes_ahead()));
    zone
}

#[cfg(target_arch = "wasm32")]
fn minutes_ahead() -> Option<i32> {
    Some(-js_sys::Date::new_0().get_timezone_offset() as i32)
}

#[cfg(not(target_arch = "wasm32"))]
fn minutes_ahead() -> Option<i32> {
    None
}

/// The time of day by the reader's clock; until that is known, UTC.
pub(crate) fn time_in(moment: Timestamp, zone: Option<i32>) -> String {
    match zone {
        Some(minutes) => time_of_day(moment, minutes),
        None => format!("{} UTC", time_of_day(moment, 0)),
    }
}
