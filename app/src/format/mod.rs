//! Numbers and time as people read them; the same on the server and in the browser.

#![cfg_attr(
    not(feature = "ssr"),
    allow(dead_code, unused_imports, reason = "each bundle takes what it needs")
)]

mod clock;
mod counts;
mod date;
#[cfg(feature = "ssr")]
mod window;

pub(crate) use clock::{ago, countdown, elapsed, time_and_day};
pub(crate) use counts::{count, grouped, per_second, signed};
pub(crate) use date::EventDate;
#[cfg(feature = "ssr")]
pub(crate) use window::{moment_there, weekday};
