//! Prices, counts and rates.

use domain::{Amount, Currency};

/// A count in groups of three digits: `12,345`.
pub(crate) fn grouped(number: i64) -> String {
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

/// A count that is never negative.
pub(crate) fn count(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A change of a count: `+50`, `−20`.
pub(crate) fn signed(change: i64) -> String {
    let sign = if change > 0 { "+" } else { "" };
    format!("{sign}{}", grouped(change))
}

/// So many in so many seconds, as a rate: `1,234/s`; below ten with a decimal, where it says something.
pub(crate) fn per_second(count: u64, seconds: u32) -> String {
    let seconds = i64::from(seconds.max(1));
    let tenths = (i64::try_from(count).unwrap_or(i64::MAX / 20) * 10 + seconds / 2) / seconds;
    if tenths < 100 && tenths % 10 != 0 {
        format!("{}.{}/s", tenths / 10, tenths % 10)
    } else {
        format!("{}/s", grouped((tenths + 5) / 10))
    }
}

/// A price as a poster writes it: `€89`, `€89.50`, `89.500 KWD`. No decimals where they are all zero.
pub(crate) fn price(amount: Amount, currency: Currency) -> String {
    let unit = 10_u64.pow(currency.minor_digits());
    let minor = amount.0.unsigned_abs();
    let mut number = grouped(i64::try_from(minor / unit).unwrap_or(i64::MAX));
    if !minor.is_multiple_of(unit) {
        let width = currency.minor_digits() as usize;
        number.push_str(&format!(".{:0width$}", minor % unit));
    }
    let sign = if amount.0 < 0 { "−" } else { "" };
    match currency.code() {
        "EUR" => format!("{sign}€{number}"),
        "GBP" => format!("{sign}£{number}"),
        "USD" => format!("{sign}${number}"),
        code => format!("{sign}{number} {code}"),
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
    fn rates_are_exact_where_they_are_small() {
        for (count, seconds, text) in [
            (0, 1, "0/s"),
            (0, 0, "0/s"),
            (5, 20, "0.3/s"),
            (2, 1, "2/s"),
            (497, 50, "9.9/s"),
            (498, 50, "10/s"),
            (12_344, 10, "1,234/s"),
        ] {
            assert_eq!(per_second(count, seconds), text);
        }
    }

    #[test]
    fn prices_show_decimals_only_where_they_say_something() {
        let kwd = Currency::parse("KWD").unwrap_or(Currency::EUR);
        assert_eq!(price(Amount(8_900), Currency::EUR), "€89");
        assert_eq!(price(Amount(8_905), Currency::EUR), "€89.05");
        assert_eq!(price(Amount(-123_456_700), Currency::EUR), "−€1,234,567");
        assert_eq!(price(Amount(1_500), kwd), "1.500 KWD");
    }
}
