//! What ticket types are called.

use domain::TicketTypeId;

/// Ticket types, each with its name for people.
pub(crate) type TicketTypeNames = Vec<(String, String)>;

/// A ticket type's name; its id where it is not among these.
pub(crate) fn name_in(names: &TicketTypeNames, ticket_type: &TicketTypeId) -> String {
    let known = names.iter().find(|(id, _)| id == ticket_type.as_str());
    known.map_or_else(|| ticket_type.to_string(), |(_, name)| name.clone())
}

/// A ticket type's name; with its event's behind it where another type among `all` has the same one.
pub(crate) fn full_name<'a>(
    name: &str,
    event: &str,
    all: impl IntoIterator<Item = &'a str>,
) -> String {
    if all.into_iter().filter(|other| *other == name).count() > 1 {
        format!("{name}, {event}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::full_name;

    #[test]
    fn two_events_may_sell_the_same() {
        let all = ["Standing", "Gallery", "Standing"];
        assert_eq!(
            full_name("Standing", "Brass Night", all),
            "Standing, Brass Night"
        );
        assert_eq!(full_name("Gallery", "Brass Night", all), "Gallery");
    }
}
