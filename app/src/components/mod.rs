//! What pages and islands are put together from: plain functions of plain data, a file each.

#![cfg_attr(
    not(feature = "ssr"),
    allow(dead_code, unused_imports, reason = "each bundle takes what it needs")
)]

pub(crate) mod chart;
pub(crate) mod clock;
pub(crate) mod connection;
#[cfg(feature = "ssr")]
pub(crate) mod field;
#[cfg(feature = "ssr")]
pub(crate) mod frame;
pub(crate) mod item;
pub(crate) mod names;
pub(crate) mod orders;
#[cfg(feature = "ssr")]
pub(crate) mod payment;
pub(crate) mod place;
#[cfg(feature = "ssr")]
pub(crate) mod poster;
mod problem;
pub(crate) mod sale;
#[cfg(feature = "ssr")]
pub(crate) mod search;
pub(crate) mod status;
pub(crate) mod stepper;
pub(crate) mod table;
pub(crate) mod ticket;
pub(crate) mod timeline;
pub(crate) mod words;
pub(crate) mod zone;

pub(crate) use problem::problem_of;
