//! Times of day, and how long things take.

use domain::Timestamp;
use std::time::Duration;

const DAY: i64 = 86_400;

/// The time of day, `14:03:07`, in a zone so many minutes ahead of UTC.
pub(crate) fn time_of_day(moment: Timestamp, minutes_ahead: i32) -> String {
    let seconds = moment.micros().div_euclid(1_000_000) + i64::from(minutes_ahead) * 60;
    let second = seconds.rem_euclid(DAY);
    format!(
        "{:02}:{:02}:{:02}",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// What is left of a wait: `9:05`, `2:09:05`, or with days `3 d 2:09:05`.
pub(crate) fn countdown(left: Duration) -> String {
    let seconds = left.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let seconds = seconds % 60;
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, hours) => format!("{hours}:{minutes:02}:{seconds:02}"),
        (days, hours) => format!("{days} d {hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How long ago, in a sale of days: `2 d 5 h ago`.
pub(crate) fn ago(time: Duration) -> String {
    let hours = time.as_secs() / 3_600;
    format!("{} d {} h ago", hours / 24, hours % 24)
}

/// How long a step took: `3 ms`, `1.2 s`, `4 min 10 s`.
pub(crate) fn elapsed(time: Duration) -> String {
    match time.as_millis() {
        millis @ ..1_000 => format!("{millis} ms"),
        millis @ ..60_000 => format!("{}.{} s", millis / 1_000, millis / 100 % 10),
        millis => format!("{} min {} s", millis / 60_000, millis / 1_000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_follows_the_zone_across_midnight() {
        let moment = Timestamp::from_micros(1_800_000_000 * 1_000_000 + 999_999);
        assert_eq!(time_of_day(moment, 0), "08:00:00");
        assert_eq!(time_of_day(moment, -9 * 60), "23:00:00");
        assert_eq!(time_of_day(moment, 5 * 60 + 30), "13:30:00");
    }

    #[test]
    fn durations_are_as_exact_as_they_are_long() {
        assert_eq!(elapsed(Duration::from_micros(3_900)), "3 ms");
        assert_eq!(elapsed(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(elapsed(Duration::from_secs(250)), "4 min 10 s");
        assert_eq!(ago(Duration::from_secs(190_800)), "2 d 5 h ago");
        for (seconds, text) in [
            (545, "9:05"),
            (7_745, "2:09:05"),
            (86_400 + 65, "1 d 0:01:05"),
        ] {
            assert_eq!(countdown(Duration::from_secs(seconds)), text);
        }
    }
}
