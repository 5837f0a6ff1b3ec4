//! An order's place in line, and how long that takes, in words. They change often, so they belong in no live region.

use crate::format::count;
use domain::view::{SecondsRange, WaitView};

/// How many come before.
pub(crate) fn ahead_text(wait: WaitView) -> String {
    match wait.ahead {
        0 => "You are next".to_owned(),
        1 => "1 order is before yours".to_owned(),
        many => format!("{} orders are before yours", count(many)),
    }
}

/// How long they take; empty where there is nothing to say.
pub(crate) fn time_text(wait: WaitView) -> String {
    match wait.seconds {
        Some(range) => format!("At the pace of now that takes {}.", range_text(range)),
        None if wait.ahead == 0 => String::new(),
        None => "How long that takes cannot be told yet. You keep your place, also with this page closed.".to_owned(),
    }
}

/// No finer than it is known: seconds by fives, then minutes, then hours.
fn range_text(range: SecondsRange) -> String {
    let in_units = |unit: u64, name: &str| {
        let (from, to) = (range.from / unit, range.to.div_ceil(unit));
        match (from, to) {
            (_, 0 | 1) => format!("less than a {name}"),
            (0, to) => format!("up to {to} {name}s"),
            (from, to) if from == to => format!("about {to} {name}s"),
            (from, to) => format!("{from} to {to} {name}s"),
        }
    };
    match range.to {
        ..=10 => "a few seconds".to_owned(),
        11..=90 => match (range.from / 5 * 5, range.to.div_ceil(5) * 5) {
            (0, to) => format!("up to {to} seconds"),
            (from, to) => format!("{from} to {to} seconds"),
        },
        91..=7_200 => in_units(60, "minute"),
        _ => in_units(3_600, "hour"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_exactly_as_it_is_known() {
        for (from, to, expected) in [
            (0, 0, "a few seconds"),
            (3, 9, "a few seconds"),
            (4, 16, "up to 20 seconds"),
            (22, 31, "20 to 35 seconds"),
            (70, 120, "1 to 2 minutes"),
            (40, 100, "up to 2 minutes"),
            (200, 299, "3 to 5 minutes"),
            (3_600, 10_000, "1 to 3 hours"),
        ] {
            assert_eq!(range_text(SecondsRange { from, to }), expected);
        }
    }
}
