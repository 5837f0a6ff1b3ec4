//! What pages and islands are put together from: plain functions of plain data, a file each.

#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod availability;
#[cfg(any(feature = "ssr", feature = "admin"))]
pub(crate) mod chart;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod clock;
pub(crate) mod connection;
#[cfg(feature = "ssr")]
pub(crate) mod field;
#[cfg(feature = "ssr")]
pub(crate) mod frame;
#[cfg(feature = "ssr")]
pub(crate) mod payment;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod place;
#[cfg(feature = "ssr")]
pub(crate) mod poster;
#[cfg(any(feature = "ssr", feature = "shop"))]
mod problem;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod sale;
#[cfg(any(feature = "ssr", feature = "admin"))]
pub(crate) mod status;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod stepper;
#[cfg(any(feature = "ssr", feature = "admin"))]
pub(crate) mod table;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod ticket;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod timeline;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) mod words;
pub(crate) mod zone;

#[cfg(any(feature = "ssr", feature = "shop"))]
pub(crate) use problem::problem_of;
