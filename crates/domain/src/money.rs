//! Money: an integer of minor units in one ISO 4217 currency per installation.

use serde::{Deserialize, Serialize};
use std::{fmt, iter::Sum, ops::Add};

/// An amount in minor units (cents for EUR). Never a float: sums must be exact.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Amount(pub i64);

impl Amount {
    /// No money.
    pub const ZERO: Amount = Amount(0);

    /// `quantity` times this amount; `None` where the result leaves the range of an `i64`.
    pub fn times(self, quantity: u32) -> Option<Amount> {
        self.0.checked_mul(i64::from(quantity)).map(Amount)
    }

    /// The amount with its currency as people write it: `89.00 EUR`.
    pub fn display(self, currency: Currency) -> String {
        let digits = currency.minor_digits();
        let unit = 10_i64.pow(digits);
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (
            self.0.unsigned_abs() / unit.unsigned_abs(),
            self.0.unsigned_abs() % unit.unsigned_abs(),
        );
        match digits {
            0 => format!("{sign}{whole} {currency}"),
            digits => format!(
                "{sign}{whole}.{rest:0>width$} {currency}",
                width = digits as usize
            ),
        }
    }
}

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0.saturating_add(other.0))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::ZERO, Add::add)
    }
}

/// An ISO 4217 alphabetic code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro, the currency of a new installation.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Three capital letters.
    ///
    /// # Errors
    /// Says what is allowed when the text is anything else.
    pub fn parse(text: &str) -> Result<Currency, String> {
        match *text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Currency([a, b, c])),
            _ => Err(format!(
                "must be an ISO 4217 code of three capital letters such as EUR, not {text:?}"
            )),
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Digits of the minor unit, as ISO 4217 lists them.
    pub fn minor_digits(self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Currency::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(Amount(8_900).display(Currency::EUR), "89.00 EUR");
        assert_eq!(Amount(5).display(Currency::EUR), "0.05 EUR");
        assert_eq!(Amount(-1_250).display(Currency::EUR), "-12.50 EUR");
        assert_eq!(Amount(500).display(Currency(*b"JPY")), "500 JPY");
        assert_eq!(Amount(1_500).display(Currency(*b"KWD")), "1.500 KWD");
    }

    #[test]
    fn a_total_that_overflows_is_noticed() {
        assert_eq!(Amount(i64::MAX).times(2), None);
        assert_eq!(Amount(250).times(4), Some(Amount(1_000)));
    }

    #[test]
    fn currencies_are_three_capital_letters() {
        assert!(Currency::parse("EUR").is_ok());
        for wrong in ["eur", "EURO", "", "E1R", "€"] {
            assert!(Currency::parse(wrong).is_err(), "{wrong}");
        }
    }
}
