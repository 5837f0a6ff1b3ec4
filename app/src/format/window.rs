//! Calendar work that only the server does.

use domain::Timestamp;
use jiff::{fmt::temporal::Pieces, tz::TimeZone};

/// The weekday of an RFC 3339 date, `Friday`.
pub(crate) fn weekday(date: &str) -> Option<String> {
    let pieces = Pieces::parse(date).ok()?;
    Some(pieces.date().strftime("%A").to_string())
}

/// A moment by the offset of an event's date, which it names: `1 March 2027, 10:00 UTC+02:00`. UTC where the date has
/// none.
pub(crate) fn moment_there(moment: Timestamp, event_date: &str) -> String {
    let Ok(moment) = jiff::Timestamp::from_microsecond(moment.micros()) else {
        return moment.to_string();
    };
    let offset = Pieces::parse(event_date)
        .ok()
        .and_then(|pieces| pieces.to_numeric_offset());
    match offset {
        Some(offset) => moment
            .to_zoned(TimeZone::fixed(offset))
            .strftime("%-d %B %Y, %H:%M UTC%:z")
            .to_string(),
        None => moment.strftime("%-d %B %Y, %H:%M UTC").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_by_the_clock_at_the_place() {
        let moment = Timestamp::parse("2027-03-01T09:00:00Z").unwrap_or_default();
        assert_eq!(
            moment_there(moment, "2027-06-18T16:00:00+02:00"),
            "1 March 2027, 11:00 UTC+02:00"
        );
        assert_eq!(moment_there(moment, "soon"), "1 March 2027, 09:00 UTC");
        assert_eq!(
            weekday("2027-06-18T16:00:00+02:00").as_deref(),
            Some("Friday")
        );
    }
}
