//! Whether there are tickets.

use crate::format::grouped;

/// How many tickets are left, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// As many as anyone may order.
    Plenty,
    /// Better be quick.
    Few,
    /// None.
    SoldOut,
}

/// A tenth of all tickets, or what a single order may take, is few.
pub(crate) fn availability(remaining: i64, capacity: i64, max_per_order: u32) -> Availability {
    if remaining <= 0 {
        Availability::SoldOut
    } else if remaining * 10 <= capacity || remaining <= i64::from(max_per_order) {
        Availability::Few
    } else {
        Availability::Plenty
    }
}

impl Availability {
    /// As the buyer reads it.
    pub fn text(self, remaining: i64) -> String {
        match self {
            Availability::Plenty => format!("{} left", grouped(remaining)),
            Availability::Few => format!("Only {} left", grouped(remaining)),
            Availability::SoldOut => "Sold out".to_owned(),
        }
    }

    /// How it looks.
    pub fn class(self) -> &'static str {
        match self {
            Availability::Plenty => "stock",
            Availability::Few => "stock stock-few",
            Availability::SoldOut => "stock stock-out",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_is_a_tenth_or_one_order() {
        for (remaining, capacity, max, expected) in [
            (1_000, 1_000, 6, Availability::Plenty),
            (101, 1_000, 6, Availability::Plenty),
            (100, 1_000, 6, Availability::Few),
            (6, 20, 6, Availability::Few),
            (7, 20, 6, Availability::Plenty),
            (0, 20, 6, Availability::SoldOut),
            (-1, 20, 6, Availability::SoldOut),
        ] {
            assert_eq!(
                availability(remaining, capacity, max),
                expected,
                "{remaining} of {capacity}"
            );
        }
    }
}
