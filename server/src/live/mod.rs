#![doc = include_str!("README.md")]

pub(crate) mod admin;
pub(crate) mod arrivals;
pub(crate) mod frames;
pub(crate) mod gauges;
pub(crate) mod hub;
mod line;
pub(crate) mod order;
pub(crate) mod queues;
mod resume;
pub(crate) mod shop;
pub(crate) mod waiting;
pub(crate) mod watchers;

pub(crate) use line::LARGEST_FRAME;
pub(crate) use resume::TAIL;

/// A gauge's reader.
type Gauge = tokio::sync::watch::Receiver<Option<frames::Body>>;
