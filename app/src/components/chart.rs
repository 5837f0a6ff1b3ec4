//! Lines and areas over time, as paths in a box that is as wide as there are steps and [`HEIGHT`] high. All in integers:
//! to write a float is 10 kB of code in a browser.

use crate::format::count;
use std::fmt::Write;

/// The box's height.
pub(crate) const HEIGHT: u64 = 1_000;

/// A small chart without an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spark {
    /// Its box.
    pub view_box: String,
    /// Its line.
    pub path: String,
    /// What it says to those who do not see it.
    pub says: String,
}

impl Spark {
    /// The line through these values.
    pub fn new(values: &[u64]) -> Spark {
        let most = values.iter().copied().max().unwrap_or(0);
        Spark {
            view_box: view_box(values.len()),
            path: line(values.iter().copied(), axis_end(most)),
            says: format!("At most {}", count(most)),
        }
    }
}

/// The end of an axis on which `most` has its place: a round number, of which `most` is more than half.
pub(crate) fn axis_end(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for times in [1, 2, 3, 4, 5, 6, 8] {
            if power.saturating_mul(times) >= most {
                return power.saturating_mul(times);
            }
        }
        power = power.saturating_mul(10);
    }
}

/// The box: a unit for each step between two values.
pub(crate) fn view_box(values: usize) -> String {
    format!("0 0 {} {HEIGHT}", values.saturating_sub(1).max(1))
}

/// A line through the values, on an axis up to `end`.
pub(crate) fn line(values: impl Iterator<Item = u64>, end: u64) -> String {
    let mut path = String::new();
    for (at, value) in values.enumerate() {
        let height = HEIGHT - value.min(end) * HEIGHT / end.max(1);
        let command = if at == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        _ = write!(path, "{command}{at} {height}");
    }
    path
}

/// What is below that line.
pub(crate) fn area(values: impl ExactSizeIterator<Item = u64>, end: u64) -> String {
    let last = values.len().saturating_sub(1);
    let line = line(values, end);
    format!("{line}L{last} {HEIGHT}L0 {HEIGHT}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (most, end) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (37, 40),
            (51, 60),
            (61, 80),
            (4_912, 5_000),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(axis_end(most), end, "{most}");
        }
    }

    #[test]
    fn values_become_heights_from_the_top() {
        assert_eq!(
            line([0, 5, 10, 99].into_iter(), 10),
            "M0 1000L1 500L2 0L3 0"
        );
        assert_eq!(area([10, 0].into_iter(), 10), "M0 0L1 1000L1 1000L0 1000Z");
        assert_eq!(view_box(4), "0 0 3 1000");
    }
}
