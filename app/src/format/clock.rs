//! Times of day, and how long things take.

use domain::Timestamp;
use std::time::Duration;

const DAY: i64 = 86_400;
/// Their first three letters, one after the other: less for a browser to load than a list of names.
const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// The time of day in a zone so many minutes ahead of UTC, `14:03:07`; with the date where that is not the one of `now`,
/// `21 Nov 14:03:07`.
pub(crate) fn time_and_day(moment: Timestamp, now: Timestamp, minutes_ahead: i32) -> String {
    let there = |moment: Timestamp| {
        let seconds = moment.micros().div_euclid(1_000_000) + i64::from(minutes_ahead) * 60;
        (seconds.div_euclid(DAY), seconds.rem_euclid(DAY))
    };
    let (day, second) = there(moment);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if day == there(now).0 {
        return time;
    }
    let (month, day) = civil(day);
    let month = MONTHS.get(month * 3..month * 3 + 3).unwrap_or_default();
    format!("{day} {month} {time}")
}

/// Month (from 0) and day (from 1) in the Gregorian calendar, so many days after 1 January 1970. As in Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years begin in March, so that a leap day is the last.
fn civil(days: i64) -> (usize, i64) {
    let day_of_era = (days + 719_468).rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    (((month + 2) % 12) as usize, day)
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
        assert_eq!(time_and_day(moment, moment, 0), "08:00:00");
        assert_eq!(time_and_day(moment, moment, -9 * 60), "23:00:00");
        assert_eq!(time_and_day(moment, moment, 5 * 60 + 30), "13:30:00");
    }

    #[test]
    fn another_day_is_named() {
        let at = |text| Timestamp::parse(text).unwrap_or_default();
        let now = at("2028-03-01T00:30:00Z");
        for (moment, minutes, text) in [
            ("2028-02-29T23:59:59Z", 0, "29 Feb 23:59:59"),
            ("2028-02-29T23:59:59Z", 60, "00:59:59"),
            ("2028-03-01T00:00:00Z", -60, "23:00:00"),
            ("2027-12-31T12:00:00Z", 0, "31 Dec 12:00:00"),
            ("2028-01-01T12:00:00Z", 0, "1 Jan 12:00:00"),
            ("2100-03-01T12:00:00Z", 0, "1 Mar 12:00:00"),
        ] {
            assert_eq!(time_and_day(at(moment), now, minutes), text);
        }
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
