//! How it stands with the tickets of a type: whether they are on sale, and how many are left.

use crate::format::{countdown, grouped};
use domain::{StockLevel, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When a ticket type is on sale; open where there is no end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SaleWindow {
    /// When sale begins.
    pub starts: Option<Timestamp>,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// When it begins, in words, at the event's place.
    pub starts_there: String,
}

/// How it stands with a ticket type at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its sale begins after this time.
    NotYet(Duration),
    /// Its sale has ended.
    Over,
    /// There are none left.
    SoldOut,
    /// So many, and better be quick.
    Few(i64),
    /// So many: as many as anyone may order.
    Plenty(i64),
}

impl SaleWindow {
    /// Whether it depends on the moment.
    pub(crate) fn is_bounded(&self) -> bool {
        self.starts.is_some() || self.ends.is_some()
    }

    /// How it stands. A tenth of all tickets, or what a single order may take, is few.
    pub(crate) fn standing(
        &self,
        now: Timestamp,
        level: StockLevel,
        max_per_order: u32,
    ) -> Standing {
        let left = level.remaining;
        match (self.starts, self.ends) {
            (Some(starts), _) if now < starts => Standing::NotYet(starts.since(now)),
            (_, Some(ends)) if now >= ends => Standing::Over,
            _ if left <= 0 => Standing::SoldOut,
            _ if left * 10 <= level.capacity() || left <= i64::from(max_per_order) => {
                Standing::Few(left)
            }
            _ => Standing::Plenty(left),
        }
    }
}

impl Standing {
    /// Tickets that can be ordered now.
    pub fn buyable(self) -> i64 {
        match self {
            Standing::Few(left) | Standing::Plenty(left) => left,
            Standing::NotYet(_) | Standing::Over | Standing::SoldOut => 0,
        }
    }

    /// As the buyer reads it.
    pub fn text(self, starts_there: &str) -> String {
        match self {
            Standing::NotYet(_) => format!("On sale from {starts_there}"),
            Standing::Over => "No longer on sale".to_owned(),
            Standing::SoldOut => "Sold out".to_owned(),
            Standing::Few(left) => format!("Only {} left", grouped(left)),
            Standing::Plenty(left) => format!("{} left", grouped(left)),
        }
    }

    /// How long it is until sale begins; empty when that is no question.
    pub fn until_open(self) -> String {
        match self {
            Standing::NotYet(left) => format!("In {}", countdown(left)),
            _ => String::new(),
        }
    }

    /// What is said aloud when it changes: not each number.
    pub fn spoken(self, name: &str) -> String {
        match self {
            Standing::Few(_) => format!("{name}: few left"),
            Standing::SoldOut => format!("{name}: sold out"),
            Standing::NotYet(_) | Standing::Over | Standing::Plenty(_) => String::new(),
        }
    }

    /// In a word, for how it looks.
    pub fn level(self) -> &'static str {
        match self {
            Standing::NotYet(_) | Standing::Plenty(_) => "plenty",
            Standing::Few(_) => "few",
            Standing::Over | Standing::SoldOut => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(remaining: i64, capacity: i64) -> StockLevel {
        StockLevel {
            remaining,
            sold: capacity - remaining,
            ..StockLevel::default()
        }
    }

    #[test]
    fn a_sale_opens_at_its_first_moment_and_is_over_at_its_last() {
        let at = Timestamp::from_micros;
        let window = SaleWindow {
            starts: Some(at(10)),
            ends: Some(at(20)),
            starts_there: String::new(),
        };
        let standing = |now| window.standing(at(now), level(1_000, 1_000), 6);
        assert_eq!(standing(9), Standing::NotYet(Duration::from_micros(1)));
        assert_eq!(standing(10), Standing::Plenty(1_000));
        assert_eq!(standing(19), Standing::Plenty(1_000));
        assert_eq!(standing(20), Standing::Over);
    }

    #[test]
    fn few_is_a_tenth_or_one_order() {
        for (remaining, capacity, max, expected) in [
            (1_000, 1_000, 6, Standing::Plenty(1_000)),
            (101, 1_000, 6, Standing::Plenty(101)),
            (100, 1_000, 6, Standing::Few(100)),
            (6, 20, 6, Standing::Few(6)),
            (7, 20, 6, Standing::Plenty(7)),
            (0, 20, 6, Standing::SoldOut),
            (-1, 20, 6, Standing::SoldOut),
        ] {
            assert_eq!(
                SaleWindow::default().standing(
                    Timestamp::from_micros(0),
                    level(remaining, capacity),
                    max
                ),
                expected,
                "{remaining} of {capacity}"
            );
        }
    }
}
