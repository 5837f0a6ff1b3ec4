//! When a ticket type is on sale.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// A sale's window; open where it has no end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SaleWindow {
    /// When sale begins.
    pub starts: Option<Timestamp>,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// When it begins, in words, at the event's place.
    pub starts_there: String,
}

/// Whether a ticket type can be bought at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sale {
    NotYet(Timestamp),
    Open,
    Over,
}

impl SaleWindow {
    /// Whether it depends on the moment.
    pub(crate) fn is_bounded(&self) -> bool {
        self.starts.is_some() || self.ends.is_some()
    }

    pub(crate) fn at(&self, now: Timestamp) -> Sale {
        match (self.starts, self.ends) {
            (Some(starts), _) if now < starts => Sale::NotYet(starts),
            (_, Some(ends)) if now >= ends => Sale::Over,
            _ => Sale::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_at_its_first_moment_and_is_closed_at_its_last() {
        let at = Timestamp::from_micros;
        let window = SaleWindow {
            starts: Some(at(10)),
            ends: Some(at(20)),
            starts_there: String::new(),
        };
        for (now, expected) in [
            (9, Sale::NotYet(at(10))),
            (10, Sale::Open),
            (19, Sale::Open),
            (20, Sale::Over),
        ] {
            assert_eq!(window.at(at(now)), expected, "{now}");
        }
        assert_eq!(SaleWindow::default().at(at(0)), Sale::Open);
    }
}
