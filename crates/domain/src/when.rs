//! When an event begins, for people.

use jiff::fmt::temporal::Pieces;

/// `Friday, 18 June 2027, 16:00` from RFC 3339, at the place's own time. A text that is no such moment is shown as it is.
pub fn for_people(event_date: &str) -> String {
    let begins = Pieces::parse(event_date)
        .ok()
        .and_then(|pieces| Some(pieces.date().to_datetime(pieces.time()?)));
    match begins {
        Some(begins) => begins.strftime("%A, %-d %B %Y, %H:%M").to_string(),
        None => event_date.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_begin_at_the_places_own_time() {
        assert_eq!(
            for_people("2027-06-18T16:00:00+02:00"),
            "Friday, 18 June 2027, 16:00"
        );
        assert_eq!(
            for_people("2027-06-18T09:05:00Z"),
            "Friday, 18 June 2027, 09:05"
        );
        assert_eq!(for_people("soon"), "soon");
    }
}
