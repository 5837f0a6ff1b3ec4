//! What stands in an address after the question mark.

use crate::error::Problem;

/// A number in the query, if there is one; one that is too large counts as the largest.
///
/// # Errors
/// It is something else.
pub(crate) fn number(name: &str, text: Option<&str>, most: u64) -> Result<Option<u64>, Problem> {
    text.map(|text| text.parse::<u64>().map(|number| number.min(most)))
        .transpose()
        .map_err(|_| Problem::field(name, format!("must be a whole number from 0 to {most}")))
}
