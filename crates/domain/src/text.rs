//! Newtypes of what people and clients send as text or numbers. `parse` says what is allowed; serde goes through it.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_newtype {
    ($($(#[$doc:meta])* $name:ident by $check:expr),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes what came from outside.
            ///
            /// # Errors
            /// Says what is allowed.
            pub fn parse(text: impl Into<String>) -> Result<Self, String> {
                let check: fn(String) -> Result<String, String> = $check;
                check(text.into()).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    )*};
}

text_newtype! {
    /// Names a ticket type, such as `vip`: 1 to 40 of a-z, 0-9, `-`, `_`.
    TicketTypeId by |text| {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if fits { Ok(text) } else { Err("must be 1 to 40 of a-z, 0-9, - and _".to_owned()) }
    },
    /// Where the ticket goes: what every mail server understands, which is RFC 5321's dot-string in ASCII. That it exists is
    /// known when a mail arrives.
    EmailAddress by |text| {
        let text = text.trim().to_owned();
        let fits = text.len() <= 254
            && text.split_once('@').is_some_and(|(local, host)| {
                (1..=64).contains(&local.len())
                    && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
                    && host.contains('.')
                    && host.split('.').all(|label| {
                        (1..=63).contains(&label.len())
                            && !label.starts_with('-') && !label.ends_with('-')
                            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    })
            });
        if fits { Ok(text) } else {
            Err("must be an e-mail address such as name@example.org".to_owned())
        }
    },
    /// The name on the ticket: 1 to 100 characters, none that controls or that turns the direction of others.
    PersonName by |text| {
        let text = text.trim().to_owned();
        let fits = (1..=100).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_control() || turns_text(c));
        if fits { Ok(text) } else {
            Err("must be a name of 1 to 100 characters, without control characters".to_owned())
        }
    },
    /// A payment method as the gateway's token; card numbers never enter. 1 to 64 of letters, digits, `_`, `-`.
    PaymentToken by |text| {
        let looks_like_card = text.bytes().filter(u8::is_ascii_digit).count() >= 12;
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            && !looks_like_card;
        if fits { Ok(text) } else {
            Err("must be a payment token such as tok_visa (1 to 64 of letters, digits, _ and -), never a card number".to_owned())
        }
    },
}

/// A character of an atom: <https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3>.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// Unicode's explicit embeddings, overrides and isolates, and its line separators: they would change what is beside a name.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How many tickets of one type: 1 to [`Quantity::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(u32);

impl Quantity {
    /// The most that any order may ask for of one type. A ticket type's own maximum is usually lower.
    pub const MAX: u32 = 100;

    /// Takes what came from outside.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(number: i64) -> Result<Quantity, String> {
        match u32::try_from(number) {
            Ok(quantity @ 1..=Self::MAX) => Ok(Quantity(quantity)),
            _ => Err(format!("must be a whole number from 1 to {}", Self::MAX)),
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = String;
    fn try_from(number: i64) -> Result<Self, String> {
        Quantity::parse(number)
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> i64 {
        i64::from(quantity.0)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_for_shape() {
        for right in [
            "a@b.org",
            "first.last+tag@sub.example.com",
            " x@y.de ",
            "o'neil@example.ie",
        ] {
            assert!(EmailAddress::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "a",
            "a@b",
            "@b.org",
            "a@.org",
            "a@@b.org",
            "a b@c.org",
            "a@b.org\nBcc: x@y.z",
            ".a@b.org",
            "a@-b.org",
            "<a@b.org>",
            "\u{1f600}@example.org",
            "a\u{200d}b@example.org",
            "zoë@example.org",
            "a@exämple.org",
            "a@b_c.org",
        ] {
            assert!(EmailAddress::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_of_any_language_and_leave_their_neighbours_alone() {
        for right in ["Zoë", "李小龙", "محمد", "O’Neil", "نام\u{200c}ها"] {
            assert!(PersonName::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "  ", "a\nb", "a\u{202e}b", "a\u{2028}b"] {
            assert!(PersonName::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_card_number_is_not_a_token() {
        assert!(PaymentToken::parse("tok_visa").is_ok());
        assert!(PaymentToken::parse("4242424242424242").is_err());
        assert!(PaymentToken::parse("4242-4242-4242-4242").is_err());
    }

    #[test]
    fn quantities_stay_in_their_range() {
        for wrong in [i64::MIN, -1, 0, 101, i64::MAX] {
            assert!(Quantity::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Quantity::parse(100).map(Quantity::get), Ok(100));
    }
}
