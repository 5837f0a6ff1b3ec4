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

    /// The amount with its currency as a poster writes it: `€89`, `€89.50`, `1.500 KWD`. No decimals where they are all zero.
    pub fn display(self, currency: Currency) -> String {
        let (whole, rest) = self.split(currency);
        let mut number = grouped(i64::try_from(whole).unwrap_or(i64::MAX));
        if rest != 0 {
            let width = currency.minor_digits() as usize;
            number.push_str(&format!(".{rest:0width$}"));
        }
        let sign = if self.0 < 0 { "−" } else { "" };
        match currency.code() {
            "EUR" => format!("{sign}€{number}"),
            "GBP" => format!("{sign}£{number}"),
            "USD" => format!("{sign}${number}"),
            code => format!("{sign}{number} {code}"),
        }
    }

    /// The amount as a decimal number, for programs: `89.00`.
    pub fn decimal(self, currency: Currency) -> String {
        let (whole, rest) = self.split(currency);
        let sign = if self.0 < 0 { "-" } else { "" };
        match currency.minor_digits() as usize {
            0 => format!("{sign}{whole}"),
            width => format!("{sign}{whole}.{rest:0width$}"),
        }
    }

    /// Whole units and the minor ones that are left, without the sign.
    fn split(self, currency: Currency) -> (u64, u64) {
        let unit = 10_u64.pow(currency.minor_digits());
        let minor = self.0.unsigned_abs();
        (minor / unit, minor % unit)
    }
}

/// A count in groups of three digits: `12,345`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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
    fn counts_come_in_groups_of_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-12_345, "−12,345"),
            (1_234_567, "1,234,567"),
            (i64::MIN, "−9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn prices_show_decimals_only_where_they_say_something() {
        let kwd = Currency(*b"KWD");
        assert_eq!(Amount(8_900).display(Currency::EUR), "€89");
        assert_eq!(Amount(8_905).display(Currency::EUR), "€89.05");
        assert_eq!(Amount(-123_456_700).display(Currency::EUR), "−€1,234,567");
        assert_eq!(Amount(1_500).display(kwd), "1.500 KWD");
    }

    #[test]
    fn decimals_are_for_programs() {
        assert_eq!(Amount(123_400).decimal(Currency::EUR), "1234.00");
        assert_eq!(Amount(5).decimal(Currency::EUR), "0.05");
        assert_eq!(Amount(-1_250).decimal(Currency::EUR), "-12.50");
        assert_eq!(Amount(500).decimal(Currency(*b"JPY")), "500");
        assert_eq!(Amount(1_500).decimal(Currency(*b"KWD")), "1.500");
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
