//! An event's date, read off its text.

/// When an event begins, by the clock at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventDate {
    /// `18`
    pub day: u32,
    /// `June`
    pub month: &'static str,
    /// `2027`
    pub year: String,
    /// `16:00`
    pub time: String,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl EventDate {
    /// Reads RFC 3339 such as `2027-06-18T16:00:00+02:00`. The offset is the place's own, so the clock at the place is
    /// what stands there, and no calendar is needed.
    pub fn parse(text: &str) -> Option<EventDate> {
        let (date, clock) = text.split_once('T')?;
        let mut parts = date.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let month = month.parse::<usize>().ok()?.checked_sub(1)?;
        Some(EventDate {
            day: day.parse().ok()?,
            month: MONTHS.get(month)?,
            year: year.to_owned(),
            time: clock.get(..5)?.to_owned(),
        })
    }

    /// `18 June 2027, 16:00`; what cannot be read is shown as it is.
    pub fn sentence(text: &str) -> String {
        match EventDate::parse(text) {
            Some(date) => format!("{} {} {}, {}", date.day, date.month, date.year, date.time),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_reads_as_the_clock_at_its_place_does() {
        assert_eq!(
            EventDate::sentence("2027-06-18T16:00:00+02:00"),
            "18 June 2027, 16:00"
        );
    }

    #[test]
    fn what_is_no_date_is_shown_as_it_is() {
        for text in [
            "",
            "soon",
            "2027-13-01T10:00:00Z",
            "2027-00-01T10:00:00Z",
            "2027-01-01T1",
            "T",
        ] {
            assert_eq!(EventDate::sentence(text), text);
        }
    }
}
