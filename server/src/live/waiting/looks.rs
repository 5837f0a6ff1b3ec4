//! What was seen of the line, and what follows from it.

use crate::intake::memory::Remembered;
use domain::Timestamp;
use domain::view::{SecondsRange, WaitView};
use std::collections::VecDeque;

/// Looks that are kept: an hour.
const KEPT: usize = 3_600;
/// Looks from which the rate is taken: what was longer ago says little about what comes.
const WINDOW: usize = 20;
/// Without a decision for so many looks the line stands still.
const STANDSTILL: usize = 5;
/// What the rate may change by although it never has, as a share of it.
const UNFORESEEN: f64 = 0.1;
/// The most that is admitted: beyond it, a range would say nothing.
const MOST_UNSURE: f64 = 0.8;

/// One look at the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    pub at: Timestamp,
    /// Orders on the queue or in workers' hands.
    pub waiting: u64,
    /// Orders that were ever decided, as far as the read model knows.
    pub decided: u64,
    /// Orders that this server accepted since it started.
    pub accepted: u64,
}

impl Look {
    /// Orders that had ever arrived by then: the place in line of one that arrives next.
    fn arrived(&self) -> f64 {
        self.waiting as f64 + self.decided as f64
    }
}

/// When an order came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// By the clock.
    at: Timestamp,
    /// By the count of orders accepted here, where it was accepted here.
    number: Option<u64>,
}

impl Arrival {
    /// Of an order that this server accepted.
    pub fn of(order: &Remembered) -> Arrival {
        Arrival {
            at: order.placed_at,
            number: order.number,
        }
    }

    /// Of an order that another server accepted, at this moment or before.
    pub fn by(moment: Timestamp) -> Arrival {
        Arrival {
            at: moment,
            number: None,
        }
    }
}

/// Orders decided in a second, and by how much that may be wrong.
#[derive(Clone, Copy, Debug)]
struct Rate {
    mean: f64,
    margin: f64,
}

/// Looks at the line, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Looks(VecDeque<Look>);

impl Looks {
    pub fn note(&mut self, look: Look) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(look);
    }

    /// Where an order stands when so many are decided.
    pub fn place(&self, arrival: Arrival, decided: u64) -> Option<WaitView> {
        let ahead = (arrived_before(&self.0, arrival)? - decided as f64).max(0.0);
        let seconds = rate(&self.0).map(|rate| SecondsRange {
            from: (ahead / (rate.mean + rate.margin)).floor() as u64,
            to: (ahead / (rate.mean - rate.margin)).ceil() as u64,
        });
        Some(WaitView {
            ahead: ahead.round() as u64,
            seconds,
        })
    }
}

/// How many orders had arrived before one did. Its number tells more than the clock: in the second between two looks a rush
/// brings thousands. Those that other servers accepted meanwhile are taken to have come evenly among ours.
fn arrived_before(looks: &VecDeque<Look>, arrival: Arrival) -> Option<f64> {
    match arrival.number {
        Some(number) => {
            let before = number.saturating_sub(1) as f64;
            arrived_at(looks, before, |look| look.accepted as f64, 1.0)
        }
        None => arrived_at(
            looks,
            arrival.at.micros() as f64,
            |look| look.at.micros() as f64,
            0.0,
        ),
    }
}

/// How many orders had arrived at a point of an axis that grows: in proportion between two looks, and by `slope` orders
/// for each unit where there is no look on one side.
fn arrived_at(
    looks: &VecDeque<Look>,
    point: f64,
    axis: impl Fn(&Look) -> f64,
    slope: f64,
) -> Option<f64> {
    let after = looks.partition_point(|look| axis(look) <= point);
    let last = after.checked_sub(1).and_then(|before| looks.get(before));
    match (last, looks.get(after)) {
        (Some(last), Some(next)) => {
            let share = (point - axis(last)) / (axis(next) - axis(last));
            Some(last.arrived() + (next.arrived() - last.arrived()) * share)
        }
        (Some(end), None) | (None, Some(end)) => Some(end.arrived() + (point - axis(end)) * slope),
        (None, None) => None,
    }
}

/// The rate at which orders are decided, while they are. What is from before the line began to move does not count.
fn rate(looks: &VecDeque<Look>) -> Option<Rate> {
    let recent: Vec<&Look> = looks.iter().rev().take(WINDOW + 1).collect();
    let rates: Vec<f64> = recent
        .windows(2)
        .map(|pair| {
            (pair[0].decided.saturating_sub(pair[1].decided)) as f64
                / seconds(pair[1].at, pair[0].at)
        })
        .collect();
    if rates.iter().take(STANDSTILL).all(|rate| *rate == 0.0) {
        return None;
    }
    // Latest first, so the beginning is at the end. Its first look fell somewhere into the beginning.
    let moving = rates.iter().rposition(|rate| *rate > 0.0)?;
    let whole = if moving >= 2 { moving } else { moving + 1 };
    let rates = &rates[..whole];
    let count = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / count;
    let variance =
        rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    // Twice the standard error of the mean: nineteen times in twenty, if seconds were independent of each other.
    let margin = 2.0 * (variance / count).sqrt();
    (mean > 0.0).then_some(Rate {
        mean,
        margin: margin.clamp(UNFORESEEN * mean, MOST_UNSURE * mean),
    })
}

/// Never zero: two looks are not at the same time.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    ((to.micros() - from.micros()) as f64 / 1e6).max(1e-3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    fn at(second: f64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000 + (second * 1e6) as i64)
    }

    /// An order that another server took.
    fn came(second: f64) -> Arrival {
        Arrival {
            at: at(second),
            number: None,
        }
    }

    /// A sale: arrivals in the first two seconds, every other one here, then decisions at a rate that changes from second to second by up to
    /// `noise` of itself. Gives the seconds at which so many orders were decided.
    fn sale(line: &mut Looks, orders: f64, rate: f64, noise: f64, until: u64) -> Vec<f64> {
        let mut random = StdRng::seed_from_u64(7);
        let mut decided = 0.0_f64;
        let mut history = Vec::new();
        for second in 0..400_u64 {
            let arrived = orders * (second as f64 / 2.0).min(1.0);
            history.push(decided);
            if second <= until {
                line.note(Look {
                    at: at(second as f64),
                    waiting: (arrived - decided).round() as u64,
                    decided: decided.round() as u64,
                    accepted: (arrived / 2.0).round() as u64,
                });
            }
            if second >= 4 {
                let rate = rate * (1.0 + noise * random.random_range(-1.0..1.0));
                decided = (decided + rate).min(arrived);
            }
        }
        history
    }

    #[test]
    fn with_twenty_thousand_before_it_the_estimate_is_within_a_fifth_after_the_first_seconds() {
        for noise in [0.0, 0.3, 0.6] {
            for placed in [0.5, 1.0, 1.9] {
                let mut line = Looks::default();
                let seen = 9_u64;
                let history = sale(&mut line, 20_000.0, 200.0, noise, seen);
                let mine = 20_000.0 * placed / 2.0;
                let ends = history.iter().position(|decided| *decided >= mine).unwrap() as f64;
                let really = ends - seen as f64;
                let place = line
                    .place(came(placed), history[seen as usize].round() as u64)
                    .unwrap();
                let range = place.seconds.unwrap();
                assert!(
                    (range.from..=range.to).contains(&(really as u64)),
                    "noise {noise}, placed at {placed}: {range:?}, really {really}"
                );
                let middle = (range.from + range.to) as f64 / 2.0;
                assert!(
                    noise > 0.3 || (middle - really).abs() <= 0.2 * really,
                    "noise {noise}, placed at {placed}: {range:?}, really {really}"
                );
                let ahead = mine - history[seen as usize];
                assert!(
                    (place.ahead as f64 - ahead).abs() <= 1.0,
                    "{place:?}, really {ahead}"
                );
            }
        }
    }

    #[test]
    fn a_burst_between_two_looks_is_told_apart_by_numbers() {
        let mut line = Looks::default();
        for (second, waiting, accepted) in [(0.0, 10, 4), (1.0, 3_010, 1_004)] {
            line.note(Look {
                at: at(second),
                waiting,
                decided: 0,
                accepted,
            });
        }
        let ahead = |number| {
            let arrival = Arrival {
                at: at(0.01),
                number: Some(number),
            };
            line.place(arrival, 0).unwrap().ahead
        };
        // Two thirds of the burst went to other servers.
        assert_eq!((ahead(5), ahead(505), ahead(1_004)), (10, 1_510, 3_007));
        assert_eq!(
            ahead(1_010),
            3_015,
            "after the last look only ours are known"
        );
        assert_eq!(ahead(1), 6, "it began before the first look");
    }

    #[test]
    fn the_more_the_rate_changes_the_wider_the_range() {
        let width = |noise| {
            let mut line = Looks::default();
            let history = sale(&mut line, 20_000.0, 200.0, noise, 20);
            let range = line
                .place(came(2.0), history[20].round() as u64)
                .unwrap()
                .seconds
                .unwrap();
            range.to - range.from
        };
        assert!(width(0.9) > width(0.0), "{} and {}", width(0.9), width(0.0));
    }

    #[test]
    fn nothing_is_said_about_time_while_nothing_is_decided() {
        let mut line = Looks::default();
        assert_eq!(line.place(came(0.0), 0), None);
        sale(&mut line, 20_000.0, 700.0, 0.0, 3);
        let place = line.place(came(1.0), 0).unwrap();
        assert_eq!((place.ahead, place.seconds), (10_000, None));

        let mut line = Looks::default();
        let history = sale(&mut line, 5_000.0, 700.0, 0.0, 7);
        let decided = history[7].round() as u64;
        for second in 8..=(8 + STANDSTILL as u64) {
            line.note(Look {
                at: at(second as f64),
                waiting: 5_000 - decided,
                decided,
                accepted: 2_500,
            });
        }
        assert_eq!(line.place(came(2.0), decided).unwrap().seconds, None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut line = Looks::default();
        for second in 0..2 * KEPT {
            line.note(Look {
                at: at(second as f64),
                waiting: 0,
                decided: 0,
                accepted: 0,
            });
        }
        assert_eq!(line.0.len(), KEPT);
    }
}
