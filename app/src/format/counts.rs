//! Counts and rates.

pub(crate) use domain::money::grouped;

/// A count that is never negative.
pub(crate) fn count(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A change of a count: `+50`, `−20`.
pub(crate) fn signed(change: i64) -> String {
    let sign = if change > 0 { "+" } else { "" };
    format!("{sign}{}", grouped(change))
}

/// So many in so many seconds, as a rate: `1,234/s`; below ten with a decimal, where it says something.
pub(crate) fn per_second(count: u64, seconds: u32) -> String {
    let seconds = i64::from(seconds.max(1));
    let tenths = (i64::try_from(count).unwrap_or(i64::MAX / 20) * 10 + seconds / 2) / seconds;
    if tenths < 100 && tenths % 10 != 0 {
        format!("{}.{}/s", tenths / 10, tenths % 10)
    } else {
        format!("{}/s", grouped((tenths + 5) / 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_exact_where_they_are_small() {
        for (count, seconds, text) in [
            (0, 1, "0/s"),
            (0, 0, "0/s"),
            (5, 20, "0.3/s"),
            (2, 1, "2/s"),
            (497, 50, "9.9/s"),
            (498, 50, "10/s"),
            (12_344, 10, "1,234/s"),
        ] {
            assert_eq!(per_second(count, seconds), text);
        }
    }
}
